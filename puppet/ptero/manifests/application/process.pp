# @summary The unit of one process of a service: installed, not enabled, as only the boot document says what runs here.
#
# @param service
#   Name of the service.
# @param process
#   Name of the process.
# @param home
#   Folder of the service.
# @param command
#   Words of the command.
# @param user
#   Who runs it.
# @param stop_s
#   How long it may take to end after TERM: at least the longest job of a worker.
# @param mounts
#   Mount points without which it is not started.
define ptero::application::process (
  String[1] $service,
  String[1] $process,
  Stdlib::Absolutepath $home,
  Array[String] $command,
  String[1] $user,
  Integer[1] $stop_s,
  Array[Stdlib::Absolutepath] $mounts = [],
) {
  file { "/etc/systemd/system/${title}.service":
    ensure  => file,
    mode    => '0644',
    content => epp('ptero/process.service.epp', {
      'service'    => $service,
      'process'    => $process,
      'home'       => $home,
      'exec_start' => ptero::exec_start($command, "${home}/venv/bin"),
      'user'       => $user,
      'stop_s'     => $stop_s,
      'mounts'     => $mounts,
    }),
  }
}
