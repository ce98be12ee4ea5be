# @summary RabbitMQ at boot: one virtual host and one user for each service, and nobody else.
#
# The module's own types for virtual hosts, users and permissions are not used:
# each asks rabbitmqctl several times, which takes a second or more each time,
# while the broker imports a file of definitions as it starts. As it then makes
# no default user, there is never a `guest`.
#
# @param vhosts
#   Virtual host to `{user, password}`.
# @param consumer_timeout_ms
#   How long a message may stay unacknowledged: longer than the longest job, which with late acknowledgement would
#   otherwise be given to a second worker while it runs.
class ptero::boot::rabbitmq (
  Hash[String[1], Struct[{ user => String[1], password => String[1] }]] $vhosts,
  Integer[60000] $consumer_timeout_ms = 2592000000,
) {
  $definitions = '/etc/rabbitmq/definitions.json'

  file { $definitions:
    ensure    => file,
    owner     => 'root',
    group     => 'rabbitmq',
    mode      => '0640',
    content   => ptero::rabbitmq_definitions($vhosts),
    show_diff => false,
    require   => Class['rabbitmq::install'],
    notify    => Class['rabbitmq::service'],
  }

  # Debian 11's broker has no such limit, and does not start with a setting that it does not know.
  $timeout = $facts['os']['release']['major'] ? {
    '11'    => {},
    default => { 'consumer_timeout' => $consumer_timeout_ms },
  }

  class { 'rabbitmq':
    admin_enable            => false,
    delete_guest_user       => false,
    manage_python           => false,
    repos_ensure            => false,
    # Not the host's name: it is not known when the image is made, and may change after.
    environment_variables   => { 'NODENAME' => 'rabbit@localhost' },
    # No cluster: the port between nodes is for rabbitmqctl on this machine.
    config_kernel_variables => { 'inet_dist_use_interface' => '{127,0,0,1}' },
    config_variables        => $timeout + {
      'load_definitions' => "\"${definitions}\"",
    },
  }
}
