# @summary The gateway at boot, and again whenever the servers behind it change.
#
# @param frontends
#   One per service: `{service, port, check, servers}`.
class ptero::boot::gateway (
  Array[Hash] $frontends = [],
) {
  class { 'haproxy':
    merge_options    => false,
    # A new process takes the sockets over and the old one ends with its last request: no connection is cut.
    restart_command  => '/bin/systemctl reload haproxy',
    global_options   => {
      'log'     => '/dev/log local0',
      'maxconn' => '10000',
      'user'    => 'haproxy',
      'group'   => 'haproxy',
      'daemon'  => '',
      # With few file descriptors allowed, serve fewer connections instead of none.
      'no'      => 'strict-limits',
      'stats'   => [
        'socket /run/haproxy/admin.sock mode 600 level admin expose-fd listeners',
        'timeout 30s',
      ],
    },
    defaults_options => {
      'log'     => 'global',
      'mode'    => 'http',
      'option'  => ['httplog', 'dontlognull', 'redispatch', 'forwardfor'],
      'retries' => '3',
      'timeout' => [
        'connect 5s',
        'client 75s',
        # server-info asks every worker and takes seconds.
        'server 60s',
        'http-request 30s',
        'queue 30s',
      ],
    },
  }

  # The health of all servers, for the agent and, through every frontend, for who watches from outside.
  haproxy::listen { 'status':
    collect_exported => false,
    bind             => { '127.0.0.1:8404' => [] },
    options          => {
      'stats' => ['enable', 'uri /status'],
      # Asked twice a second while members are waited for; the log is for what users ask.
      'no'    => 'log',
    },
  }
  haproxy::backend { 'status-of-all':
    collect_exported => false,
    options          => [
      { 'http-request' => 'set-uri /status;json if { query json }' },
      { 'http-request' => 'set-uri /status;csv unless { path_beg /status }' },
      { 'server'       => 'status 127.0.0.1:8404' },
    ],
  }

  haproxy::backend { 'ledger':
    collect_exported => false,
    options          => [{ 'server' => 'ledger 127.0.0.1:8405 maxconn 32' }],
  }

  $services = $frontends.map |$frontend| { $frontend['service'] }
  $frontends.each |$frontend| {
    ptero::gateway::frontend { $frontend['service']:
      port     => $frontend['port'],
      check    => $frontend['check'],
      servers  => pick($frontend['servers'], []),
      services => $services,
    }
  }
}
