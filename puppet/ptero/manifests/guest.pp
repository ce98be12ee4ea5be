# @summary What every image has: the user of the services, and the agent.
#
# The bake runs in a chroot without a running systemd. So units are plain files,
# and enabling is done by `systemctl --root`, which needs none; Puppet's own
# service provider would take the init system of the build machine for ours, and
# the types of camptocamp-systemd reload a daemon that is not there.
class ptero::guest {
  group { 'ptero':
    ensure => present,
    system => true,
  }
  user { 'ptero':
    ensure  => present,
    system  => true,
    gid     => 'ptero',
    home    => '/var/lib/ptero/home',
    shell   => '/usr/sbin/nologin',
    require => Group['ptero'],
  }

  # Passwords of the environment come to lie in the first two.
  file {
    default:
      ensure => directory,
      owner  => 'root',
      group  => 'root',
      mode   => '0755';
    '/etc/ptero':
      mode => '0700';
    '/var/lib/ptero/deployments':
      mode => '0700';
    '/opt/ptero':;
    '/opt/ptero/agent':;
    '/var/lib/ptero':;
    '/var/lib/ptero/home':
      owner => 'ptero',
      group => 'ptero';
  }

  file { '/opt/ptero/agent/ptero_agent':
    ensure  => directory,
    source  => 'puppet:///modules/ptero/agent/ptero_agent',
    recurse => true,
    purge   => true,
    force   => true,
    ignore  => '__pycache__',
    owner   => 'root',
    group   => 'root',
  }
  file { '/opt/ptero/agent/hiera.yaml':
    ensure => file,
    source => 'puppet:///modules/ptero/agent/hiera.yaml',
    mode   => '0644',
  }

  # cloud-init would set en_US.UTF-8, fail where the base image has no such locale, and count as failed for it.
  file { '/etc/cloud/cloud.cfg.d':
    ensure => directory,
    mode   => '0755',
  }
  file { '/etc/cloud/cloud.cfg.d/90_ptero.cfg':
    ensure  => file,
    content => "locale: false\n",
    mode    => '0644',
  }

  ['ptero-metadata', 'ptero-agent'].each |$unit| {
    file { "/etc/systemd/system/${unit}.service":
      ensure => file,
      source => "puppet:///modules/ptero/units/${unit}.service",
      mode   => '0644',
    }
    -> exec { "enable ${unit}":
      command => "systemctl --root=/ enable ${unit}.service",
      unless  => "systemctl --root=/ --quiet is-enabled ${unit}.service",
      path    => ['/usr/bin', '/bin'],
    }
  }
}
