# @summary The client of network file systems.
#
# A mount that needs rpcbind starts it; members that share the image and mount nothing have no such port open.
class ptero::nfs {
  ensure_packages(['nfs-common'])
  exec { 'disable rpcbind':
    command => 'systemctl --root=/ disable rpcbind.service rpcbind.socket',
    onlyif  => 'systemctl --root=/ --quiet is-enabled rpcbind.socket',
    path    => ['/usr/sbin', '/usr/bin', '/sbin', '/bin'],
    require => Package['nfs-common'],
  }
}
