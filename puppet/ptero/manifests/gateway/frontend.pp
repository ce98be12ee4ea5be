# @summary One service at the gateway: its port, its members, and the read-only questions that may be asked of any.
#
# @param port
#   The service's port, here and on its members.
# @param servers
#   Members as `{name, address}`.
# @param services
#   All services at this gateway.
# @param check
#   Probe of a member: `{path, status}`; without it, that it accepts connections.
# @param service
#   Name of the service.
define ptero::gateway::frontend (
  Integer[1, 65535] $port,
  Array[Hash] $servers,
  Array[String] $services,
  Optional[Hash] $check = undef,
  String[1] $service = $title,
) {
  $questions = $services.map |$other| {
    { 'use_backend' => "info-${other} if { path /-/${other}/server-info }" }
  }
  $known = join(['/-/status'] + $services.map |$other| { "/-/${other}/server-info" }, ' ')

  # As strict as the ledger itself: nothing else of it can be reached.
  $read = '^/-/ledger/[0-9a-f]{32}$'
  $write = '^/-/ledger/[0-9a-f]{32}/[a-z0-9-]{1,64}/(submit|start|end)/[0-9a-f]{32}$'

  haproxy::frontend { $service:
    bind         => { "*:${port}" => [] },
    bind_options => '',
    options      => [
      { 'acl'             => "ledger-read path_reg ${read}" },
      { 'acl'             => "ledger-write path_reg ${write}" },
      # What else is asked for below this path is not ours, and not the services' either.
      { 'http-request'    => "deny deny_status 404 if { path_beg /-/ } !{ path ${known} } !ledger-read !ledger-write" },
      { 'http-request'    => 'deny deny_status 405 if { path_beg /-/ } !METH_GET !ledger-write' },
      { 'http-request'    => 'deny deny_status 405 if ledger-write !METH_POST' },
      { 'use_backend'     => 'ledger if ledger-read or ledger-write' },
      { 'use_backend'     => 'status-of-all if { path /-/status }' },
    ] + $questions + [
      { 'default_backend' => "web-${service}" },
    ],
  }

  $probe = $check ? {
    undef   => [],
    default => [
      { 'option'     => 'httpchk' },
      { 'http-check' => "send meth GET uri ${check['path']} hdr Host ${service}" },
      { 'http-check' => "expect status ${check['status']}" },
    ],
  }
  haproxy::backend { "web-${service}":
    collect_exported => false,
    options          => [
      { 'balance' => 'leastconn' },
      # A kept connection that the server closes (gunicorn: after 2 s) as a request arrives would cost that request.
      { 'option'  => 'http-server-close' },
    ] + $probe,
  }
  haproxy::backend { "info-${service}":
    collect_exported => false,
    options          => [
      { 'balance'      => 'roundrobin' },
      { 'http-request' => 'set-path /v1/server-info' },
    ],
  }

  $servers.each |$server| {
    haproxy::balancermember { "web-${service} ${server['name']}":
      listening_service => "web-${service}",
      server_names      => $server['name'],
      ipaddresses       => $server['address'],
      ports             => $port,
      # A member whose process is starting anew gets no requests for as long as it does not answer.
      options           => 'check inter 2s fastinter 500ms fall 2 rise 1',
    }
    haproxy::balancermember { "info-${service} ${server['name']}":
      listening_service => "info-${service}",
      server_names      => $server['name'],
      ipaddresses       => $server['address'],
      ports             => $port,
      options           => "track web-${service}/${server['name']}",
    }
  }
}
