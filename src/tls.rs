//! The one choice of a TLS implementation, for every HTTP client.

/// Chooses ring; to be called before a client is made. Calling it again changes
/// nothing.
pub fn choose() {
    // An error says that it was chosen before.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
