# frozen_string_literal: true

require 'base64'
require 'digest'
require 'json'

# RabbitMQ's definitions of one virtual host and one user for each service.
#
# The salt of a password is made from it instead of drawn, so that the same
# passwords give the same file, and a second run finds nothing to change.
Puppet::Functions.create_function(:'ptero::rabbitmq_definitions') do
  dispatch :definitions do
    param 'Hash', :vhosts
    return_type 'String'
  end

  def definitions(vhosts)
    JSON.pretty_generate(
      'vhosts' => vhosts.keys.sort.map { |vhost| { 'name' => vhost } },
      'users' => vhosts.values.map { |entry| user(entry) }.uniq.sort_by { |entry| entry['name'] },
      'permissions' => vhosts.sort.map { |vhost, entry| permission(vhost, entry['user']) },
    ) + "\n"
  end

  def user(entry)
    {
      'name' => entry['user'],
      'password_hash' => password_hash(entry['user'], entry['password']),
      'hashing_algorithm' => 'rabbit_password_hashing_sha256',
      'tags' => '',
    }
  end

  def password_hash(user, password)
    salt = Digest::SHA256.digest("ptero salt #{user} #{password}")[0, 4]
    Base64.strict_encode64(salt + Digest::SHA256.digest(salt + password.b))
  end

  def permission(vhost, user)
    { 'user' => user, 'vhost' => vhost, 'configure' => '.*', 'write' => '.*', 'read' => '.*' }
  end
end
