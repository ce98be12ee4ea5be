# @summary Redis at boot: the only copy of every running net, so it is written down and nothing is ever evicted.
#
# @param password
#   What clients must give.
# @param appendonly
#   Whether every change is written down.
# @param maxmemory_policy
#   What goes when the memory is full.
class ptero::boot::redis (
  String[1] $password,
  Boolean $appendonly = true,
  String[1] $maxmemory_policy = 'noeviction',
) {
  class { 'redis':
    bind             => '0.0.0.0',
    requirepass      => $password,
    appendonly       => $appendonly,
    appendfsync      => 'everysec',
    maxmemory_policy => $maxmemory_policy,
    # The password is in it.
    config_file_mode => '0640',
    # It would be set through augeas, which is not here; the unit of the package has a limit.
    ulimit           => false,
    # Debian's unit says how it is supervised; a daemon of its own would look dead to systemd.
    daemonize        => false,
  }
}
