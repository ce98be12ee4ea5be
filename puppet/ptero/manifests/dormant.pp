# @summary A packaged service that must not start by itself: it has no passwords before the boot phase.
#
# @param unit
#   Name of the unit, without its suffix.
define ptero::dormant (
  String[1] $unit = $title,
) {
  exec { "disable ${unit}":
    command => "systemctl --root=/ disable ${unit}.service",
    onlyif  => "systemctl --root=/ --quiet is-enabled ${unit}.service",
    path    => ['/usr/sbin', '/usr/bin', '/sbin', '/bin'],
  }
}
