# @summary PostgreSQL at boot: one database per service, owned by a role of the same name.
#
# @param databases
#   Database name to `{password}`.
# @param allow_cidr
#   The network the services connect from.
# @param max_connections
#   Must exceed the number of the services' processes, twice in an update: each holds about one connection. What PTero's
#   processes cannot tell a database that is full is lost.
class ptero::boot::postgresql (
  Hash[String[1], Struct[{ password => String[1] }]] $databases,
  String[1] $allow_cidr,
  Integer[10] $max_connections = 1000,
) {
  # The bake took the package's key out of the image: one key for all servers is none.
  exec { 'make-ssl-cert generate-default-snakeoil --force-overwrite':
    path    => ['/usr/sbin', '/usr/bin', '/bin'],
    creates => '/etc/ssl/private/ssl-cert-snakeoil.key',
    before  => Class['postgresql::server'],
  }

  # The module's own table of versions ends before Debian 12.
  $version = $facts['os']['release']['major'] ? {
    '11'    => '13',
    default => '15',
  }
  class { 'postgresql::globals':
    version  => $version,
    encoding => 'UTF-8',
    locale   => 'C.UTF-8',
  }
  class { 'postgresql::server':
    listen_addresses        => '*',
    ip_mask_allow_all_users => '127.0.0.1/32',
    pg_hba_conf_defaults    => false,
    package_ensure          => 'present',
  }

  postgresql::server::config_entry {
    'max_connections':
      value => $max_connections;
    # A worker whose machine died must not hold its locks for two hours.
    'tcp_keepalives_idle':
      value => 60;
    'tcp_keepalives_interval':
      value => 10;
    'tcp_keepalives_count':
      value => 6;
  }

  postgresql::server::pg_hba_rule {
    default:
      database => 'all',
      user     => 'all';
    'the administrator, on this machine':
      type        => 'local',
      user        => 'postgres',
      auth_method => 'peer',
      order       => 1;
    'roles, on this machine':
      type        => 'host',
      address     => '127.0.0.1/32',
      auth_method => 'scram-sha-256',
      order       => 2;
    'roles, from the network of the services':
      type        => 'host',
      address     => $allow_cidr,
      auth_method => 'scram-sha-256',
      order       => 3;
  }

  $databases.each |$name, $settings| {
    $verifier = ptero::scram_verifier($name, $settings['password'])

    # The module compares stored passwords as MD5 only, so it would set a SCRAM one at every run: it makes the
    # role without one, and the resource below keeps the password. That comes last, because it is what lets the
    # services in: the module makes a database open to all, closes it, and gives it to its owner only then.
    postgresql::server::role { $name:
      update_password => false,
    }
    -> postgresql::server::database { $name:
      owner => $name,
    }
    -> postgresql_psql { "password of ${name}":
      command     => "ALTER ROLE \"${name}\" PASSWORD '\$NEWPGPASSWD'",
      unless      => "SELECT 1 FROM pg_authid WHERE rolname = '${name}' AND rolpassword = '\$NEWPGPASSWD'",
      environment => "NEWPGPASSWD=${verifier}",
      psql_user   => 'postgres',
      psql_group  => 'postgres',
      psql_path   => '/usr/bin/psql',
      cwd         => '/tmp',
    }
  }
}
