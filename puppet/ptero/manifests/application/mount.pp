# @summary A file system of another server, as a mount unit that nothing but the units that need it start.
#
# An entry in /etc/fstab would be mounted on every member with this image. Here the units of processes that
# run jobs require it, and systemd mounts it before them.
#
# @param source
#   What is mounted, as HOST:/PATH.
# @param type
#   Type of the file system.
# @param options
#   Mount options, separated by commas.
# @param at
#   The mount point.
define ptero::application::mount (
  String[1] $source,
  String[1] $type,
  String[1] $options,
  Stdlib::Absolutepath $at = $title,
) {
  include ptero::nfs

  # systemd wants the path in the unit's name: `-` for each `/`, and `\x2d` for each `-`.
  $unit = $at[1, -1].split('/').map |$part| { $part.split('-').join('\x2d') }.join('-')

  exec { "mount point ${at}":
    command => "mkdir -p ${at}",
    unless  => "test -d ${at}",
    path    => ['/usr/bin', '/bin'],
  }
  file { "/etc/systemd/system/${unit}.mount":
    ensure  => file,
    mode    => '0644',
    content => epp('ptero/share.mount.epp', {
      'source'  => $source,
      'at'      => $at,
      'type'    => $type,
      'options' => $options,
    }),
  }
}
