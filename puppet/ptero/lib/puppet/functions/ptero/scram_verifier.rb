# frozen_string_literal: true

require 'base64'
require 'openssl'

# What PostgreSQL stores for a password under SCRAM-SHA-256 (RFC 5803).
#
# The salt is made from role and password instead of drawn, so that the same
# password gives the same text, and a second run finds nothing to change.
Puppet::Functions.create_function(:'ptero::scram_verifier') do
  dispatch :verifier do
    param 'String[1]', :role
    param 'String[1]', :password
    return_type 'String'
  end

  def verifier(role, password)
    iterations = 4096
    digest = OpenSSL::Digest.new('SHA256')
    salt = OpenSSL::HMAC.digest(digest, password, "ptero salt #{role}")[0, 16]
    salted = OpenSSL::PKCS5.pbkdf2_hmac(password, salt, iterations, 32, digest)
    client_key = OpenSSL::HMAC.digest(digest, salted, 'Client Key')
    stored_key = OpenSSL::Digest::SHA256.digest(client_key)
    server_key = OpenSSL::HMAC.digest(digest, salted, 'Server Key')
    text = [salt, stored_key, server_key].map { |bytes| Base64.strict_encode64(bytes) }
    "SCRAM-SHA-256$#{iterations}:#{text[0]}$#{text[1]}:#{text[2]}"
  end
end
