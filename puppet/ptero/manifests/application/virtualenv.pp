# @summary A virtualenv with the service in it.
#
# @param home
#   Folder of the service; the virtualenv is `venv` below it.
# @param runtime
#   The catalogue's `runtime`.
# @param extra_names
#   Names of the source trees besides the service's own, in `extra/NAME`.
# @param commit
#   What the virtualenv is marked with when it is complete.
define ptero::application::virtualenv (
  Stdlib::Absolutepath $home,
  Hash $runtime,
  Array[String] $extra_names,
  String[1] $commit,
) {
  $venv = "${home}/venv"
  $stamp = "${venv}/.ptero-commit"
  $python = pick($runtime['python'], '3')
  $requirements = pick($runtime['requirements'], [])
  $constraints = pick($runtime['constraints'], [])

  # How the virtualenv is made is a matter of the Python it is for; only the usual one is known here.
  $usual = $python ? {
    '3'     => { 'venv' => ['/usr/bin/python3', '-m', 'venv'], 'packages' => ['python3-venv'] },
    default => { 'venv' => ['virtualenv', '-p', "python${python}"], 'packages' => ["python${python}", 'virtualenv'] },
  }
  $create = pick($runtime['venv'], $usual['venv']) + [$venv]
  if $runtime['venv'] {
    $packages = []
  } else {
    $packages = $usual['packages']
    ensure_packages($packages)
  }

  file {
    default:
      ensure => file,
      mode   => '0644';
    "${home}/constraints.txt":
      content => "${join($constraints, "\n")}\n";
    "${home}/requirements.txt":
      content => "${join($requirements, "\n")}\n";
  }
  -> exec { "create ${venv}":
    command => join($create, ' '),
    creates => "${venv}/bin/python",
    path    => ['/usr/bin', '/bin'],
    require => ($packages + pick($runtime['packages'], [])).map |$name| { Package[$name] },
  }

  # Where a catalogue says no steps of its own, pip is left to find out what the sources need.
  $default_install = [{
    'pip' => ['install', '--constraint', "\${constraints}", '--requirement', "\${requirements}", "\${extras}", "\${source}"],
  }]
  $extras = $extra_names.map |$name| { "${home}/extra/${name}" }
  $places = {
    "\${constraints}"  => "${home}/constraints.txt",
    "\${requirements}" => "${home}/requirements.txt",
    "\${source}"       => "${home}/source",
    "\${extras}"       => join($extras, ' '),
  } + Hash($extra_names.map |$name| { ["\${extra.${name}}", "${home}/extra/${name}"] })

  $steps = pick($runtime['install'], $default_install).map |$step| {
    $variables = pick($step['env'], {}).map |$name, $value| { shellquote("${name}=${value}") }
    $arguments = $step['pip'].map |$argument| {
      $place = $places[$argument]
      $place ? {
        undef   => shellquote($argument),
        default => $place,
      }
    }
    join(flatten(['env', $variables, "${venv}/bin/pip", $arguments]), ' ')
  }

  exec { "install ${title}":
    command   => join($steps + ["echo ${commit} > ${stamp}"], ' && '),
    unless    => "test \"\$(cat ${stamp})\" = ${commit}",
    provider  => shell,
    cwd       => "${home}/source",
    path      => ["${venv}/bin", '/usr/bin', '/bin'],
    # Compiling without wheels takes minutes on a small build machine.
    timeout   => 3600,
    logoutput => true,
    require   => [
      Exec["create ${venv}"],
      Ptero::Application::Source["${home}/source", *$extras],
    ],
  }
}
