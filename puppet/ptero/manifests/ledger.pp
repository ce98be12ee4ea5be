# @summary The ledger: where test jobs prove that they started and ended. It starts with the machine.
class ptero::ledger {
  group { 'ptero-ledger':
    ensure => present,
    system => true,
  }
  user { 'ptero-ledger':
    ensure  => present,
    system  => true,
    gid     => 'ptero-ledger',
    home    => '/nonexistent',
    shell   => '/usr/sbin/nologin',
    require => Group['ptero-ledger'],
  }

  file {
    default:
      ensure => directory,
      owner  => 'root',
      group  => 'root',
      mode   => '0755';
    '/opt/ptero/ledger':;
    '/var/lib/ptero/ledger':
      owner => 'ptero-ledger',
      group => 'ptero-ledger',
      mode  => '0700';
  }
  file { '/opt/ptero/ledger/ptero_ledger':
    ensure  => directory,
    source  => 'puppet:///modules/ptero/ledger/ptero_ledger',
    recurse => true,
    purge   => true,
    force   => true,
    ignore  => '__pycache__',
    owner   => 'root',
    group   => 'root',
  }

  file { '/etc/systemd/system/ptero-ledger.service':
    ensure => file,
    source => 'puppet:///modules/ptero/units/ptero-ledger.service',
    mode   => '0644',
  }
  -> exec { 'enable ptero-ledger':
    command => 'systemctl --root=/ enable ptero-ledger.service',
    unless  => 'systemctl --root=/ --quiet is-enabled ptero-ledger.service',
    path    => ['/usr/bin', '/bin'],
  }
}
