# @summary The gateway at boot, and again whenever the servers behind it change.
#
# @param frontends
#   One per service: `{service, port, check, servers}`.
class ptero::boot::gateway (
  Array[Hash] $frontends = [],
) {
  # A reload leaves idle connections to their clients until the next answer, which closes them: closed at once, as a
  # client begins to send, they would fail its request. The HAProxy of Debian 11 knows no other way, nor the word.
  $idle = $facts['os']['release']['major'] ? {
    '11'    => [],
    default => ['idle-close-on-response'],
  }

  class { 'haproxy':
    merge_options    => false,
    # A new process takes the sockets over and the old one ends with its last request: no connection is cut.
    restart_command  => '/bin/systemctl reload haproxy',
    global_options   => {
      'log'               => '/dev/log local0',
      'maxconn'           => '10000',
      'user'              => 'haproxy',
      'group'             => 'haproxy',
      'daemon'            => '',
      # Written by the agent before each reload: a server that is down stays so, and gets no requests until it is
      # looked at. HAProxy takes one that it knows nothing of for up.
      'server-state-file' => '/var/lib/haproxy/server-state',
      # A process that was replaced by a reload and whose clients never end; beyond every time-out below.
      'hard-stop-after'   => '90s',
      # With few file descriptors allowed, serve fewer connections instead of none.
      'no'                => 'strict-limits',
      'stats'             => [
        'socket /run/haproxy/admin.sock mode 600 level admin expose-fd listeners',
        'timeout 30s',
      ],
    },
    defaults_options => {
      'log'                         => 'global',
      'mode'                        => 'http',
      'load-server-state-from-file' => 'global',
      'option'                      => [
        'httplog',
        'dontlognull',
        'forwardfor',
        # A server that takes no connection is passed over at the first try. No request is sent twice: only a failed
        # connection is tried again.
        'redispatch 1',
      ] + $idle,
      'retries'                     => '3',
      'timeout'                     => [
        'connect 5s',
        'client 75s',
        # server-info asks every worker and takes seconds.
        'server 60s',
        'http-request 30s',
        # How long a reload has to wait for clients that keep a connection and ask nothing.
        'http-keep-alive 10s',
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
