# @summary The image of one service: its code at a commit, its virtualenv, its units, none of them enabled.
#
# @param service
#   Name of the service in the catalogue.
# @param entry
#   The service's entry of the catalogue.
# @param commit
#   Commit of the service's own source.
# @param sources
#   Archives by name: the service's own under its name, others under theirs.
class ptero::image::application (
  String[1] $service,
  Hash $entry,
  String[1] $commit,
  Hash[String, Stdlib::Absolutepath] $sources,
) {
  include ptero::guest

  # Before all else: repositories, packages and users that the site makes are there when they are asked for.
  include(pick($entry['puppet_classes'], []))

  $home = "/opt/ptero/${service}"
  $runtime = pick($entry['runtime'], {})
  $processes = ptero::processes($entry)

  $packages = pick($runtime['packages'], [])
  ensure_packages($packages)
  unless empty($packages) {
    # One that came along with what is only built with would go with it, at the end of the bake.
    exec { "keep the packages of ${service}":
      command  => "apt-mark manual ${join($packages, ' ')}",
      unless   => "test -z \"$(apt-mark showauto ${join($packages, ' ')})\"",
      provider => shell,
      path     => ['/usr/bin', '/bin'],
      require  => Package[$packages],
    }
  }

  file { [$home, "${home}/extra"]:
    ensure => directory,
    mode   => '0755',
  }
  file { "${home}/service.json":
    ensure  => file,
    content => to_json($entry + { 'service' => $service, 'commit' => $commit }),
    mode    => '0644',
  }

  # Modules of ours that a service lacks; a command names the folder.
  pick($runtime['site'], []).each |$name| {
    ensure_resource('file', "${home}/site", { 'ensure' => 'directory', 'mode' => '0755' })
    file { "${home}/site/${name}":
      ensure => file,
      source => "puppet:///modules/ptero/site/${name}",
      mode   => '0644',
    }
  }

  $extra_names = keys($sources) - [$service]
  ptero::application::source { "${home}/source":
    archive => $sources[$service],
    commit  => $commit,
  }
  $extra_names.each |$name| {
    ptero::application::source { "${home}/extra/${name}":
      archive => $sources[$name],
      commit  => $commit,
    }
  }

  ptero::application::virtualenv { $service:
    home        => $home,
    runtime     => $runtime,
    extra_names => $extra_names,
    commit      => $commit,
  }

  if $entry['migrate'] and $entry['migrate']['head'] {
    $head = ptero::exec_start($entry['migrate']['head'], "${home}/venv/bin")
    # The schema this code wants, known without a database: the agent skips a migration that is done.
    exec { "schema of ${service}":
      command  => "${head} > heads && test \"$(wc -l < heads)\" -eq 1 && cut -d ' ' -f 1 heads > ${home}/schema; s=\$?; rm heads; exit \$s",
      provider => shell,
      path     => ["${home}/venv/bin", '/usr/bin', '/bin'],
      cwd      => "${home}/source",
      creates  => "${home}/schema",
      require  => Ptero::Application::Virtualenv[$service],
    }
  }

  $runs_as = $processes.map |$name, $process| { pick($process['user'], 'ptero') }
  $job_users = pick($entry['roles'], {}).map |$role, $settings| { pick($settings['job_users'], []) }
  (unique(flatten([$runs_as, $job_users])) - ['root', 'ptero']).each |$user| {
    # One that the base image has stays as it is: a site's own users have homes and numbers that matter there.
    exec { "user ${user}":
      command => "useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin ${user}",
      unless  => "getent passwd ${user}",
      path    => ['/usr/sbin', '/usr/bin', '/bin'],
    }
  }

  unique(flatten($processes.map |$name, $process| { $process['mounts'] })).each |$mount| {
    ptero::application::mount { $mount['at']:
      source  => $mount['source'],
      type    => $mount['type'],
      options => $mount['options'],
    }
  }

  $processes.each |$name, $process| {
    ptero::application::process { "ptero-${service}-${name}":
      service => $service,
      process => $name,
      home    => $home,
      command => $process['command'],
      user    => pick($process['user'], 'ptero'),
      stop_s  => pick($process['stop_timeout_s'], 60),
      mounts  => $process['mounts'].map |$mount| { $mount['at'] },
    }
  }
}
