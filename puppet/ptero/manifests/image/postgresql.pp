# @summary The image of a PostgreSQL server; its first cluster comes from the package.
#
# The forge module is not used before the boot phase: it would start the service
# and talk to it.
class ptero::image::postgresql {
  include ptero::guest

  package { 'postgresql':
    ensure => installed,
  }
  -> ptero::dormant { 'postgresql': }
}
