# @summary A source tree out of a `git archive` tar, which has no history and needs no network here.
#
# @param archive
#   The tar.
# @param commit
#   What the tree is marked with, so that another commit replaces it.
# @param folder
#   Where the tree goes.
define ptero::application::source (
  Stdlib::Absolutepath $archive,
  String[1] $commit,
  Stdlib::Absolutepath $folder = $title,
) {
  $stamp = "${folder}/.ptero-commit"

  exec { "unpack ${folder}":
    command  => "rm -rf ${folder} && mkdir ${folder} && tar -xf ${archive} -C ${folder} --no-same-owner && echo ${commit} > ${stamp}",
    unless   => "test \"\$(cat ${stamp})\" = ${commit}",
    provider => shell,
    path     => ['/usr/bin', '/bin'],
    require  => File[dirname($folder)],
  }
}
