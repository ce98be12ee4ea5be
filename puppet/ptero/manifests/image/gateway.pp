# @summary The image of the gateway: HAProxy before the web services, and the ledger of test jobs.
#
# The forge module is not used before the boot phase: it would start the service
# and talk to it.
class ptero::image::gateway {
  include ptero::guest
  include ptero::ledger

  package { 'haproxy':
    ensure => installed,
  }
  -> ptero::dormant { 'haproxy': }
}
