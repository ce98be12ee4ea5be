# @summary The image of a Redis server.
#
# The forge module is not used before the boot phase: it would start the service
# and talk to it.
class ptero::image::redis {
  include ptero::guest

  package { 'redis-server':
    ensure => installed,
  }
  -> ptero::dormant { 'redis-server': }

  # Writing everything down forks the server. The kernel must not refuse that for fear of a copy that is never made:
  # Redis would take no more writes.
  file { '/etc/sysctl.d/60-redis.conf':
    ensure  => file,
    content => "vm.overcommit_memory = 1\n",
  }
}
