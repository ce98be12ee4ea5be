# @summary The processes of a service by their names, which are those of the units and of the boot document.
#
# A process is called by its key; where two roles use one key, by ROLE-KEY. Each has the mounts of its role.
function ptero::processes(Hash $entry) >> Hash {
  $all = pick($entry['roles'], {}).map |$role, $settings| {
    pick($settings['processes'], {}).map |$key, $process| {
      { 'role' => $role, 'key' => $key, 'process' => $process + { 'mounts' => pick($settings['mounts'], []) } }
    }
  }.flatten

  $all.reduce({}) |$named, $one| {
    $same = $all.filter |$other| { $other['key'] == $one['key'] }
    $name = length($same) ? {
      1       => $one['key'],
      default => "${one['role']}-${one['key']}",
    }
    $named + { $name => $one['process'] }
  }
}
