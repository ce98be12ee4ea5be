# @summary A command as systemd's ExecStart wants it.
#
# A first word without a slash is looked up in the virtualenv. `%` is doubled, as
# `%h` belongs to the program (celery), not to systemd; so is `$`.
function ptero::exec_start(Array[String] $command, String $bin) >> String {
  $first = $command[0] ? {
    /\//    => $command[0],
    default => "${bin}/${command[0]}",
  }
  $words = [$first] + $command[1, -1]
  $quoted = $words.map |$word| {
    $escaped = $word.regsubst('([%$])', '\1\1', 'G').regsubst('([\\\\"])', '\\\\\1', 'G')
    $escaped ? {
      /\A[\w.,:=@%+\/$-]+\z/ => $escaped,
      default                   => "\"${escaped}\"",
    }
  }
  $quoted.join(' ')
}
