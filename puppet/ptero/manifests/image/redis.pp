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
}
