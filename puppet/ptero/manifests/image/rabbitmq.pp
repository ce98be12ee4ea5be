# @summary The image of a RabbitMQ broker.
#
# The forge module is not used before the boot phase: it would start the service
# and talk to it.
class ptero::image::rabbitmq {
  include ptero::guest

  package { 'rabbitmq-server':
    ensure => installed,
  }
  -> ptero::dormant { 'rabbitmq-server': }
}
