//! A web server that promises a file and hangs up before its end, whenever it is asked.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::thread;

use anyhow::Result;

/// What is promised, and what comes.
const PROMISED: usize = 64 << 20;
const SENT: usize = 1 << 20;

/// No request is longer.
const REQUEST_MAX: usize = 8 << 10;

/// Starts one that whoever can reach `near` reaches too, for as long as this program
/// runs; where it listens.
pub(crate) fn start(near: IpAddr) -> Result<SocketAddr> {
    // Nothing is sent: the kernel only chooses the address it would send from.
    let probe = UdpSocket::bind("0.0.0.0:0")?;
    probe.connect((near, 9))?;
    let listener = TcpListener::bind((probe.local_addr()?.ip(), 0))?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for caller in listener.incoming().flatten() {
            // Whoever hung up first has what it wants.
            let _ = answer(caller);
        }
    });
    Ok(address)
}

fn answer(mut caller: TcpStream) -> Result<()> {
    let mut request = [0; REQUEST_MAX];
    let length = caller.read(&mut request)?;
    let request = String::from_utf8_lossy(&request[..length]).into_owned();
    // No list of checksums lies beside it.
    if !request.contains("/cut.raw ") {
        caller.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")?;
        return Ok(());
    }
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {PROMISED}\r\nETag: \"cut\"\r\nConnection: close\r\n\r\n"
    );
    caller.write_all(head.as_bytes())?;
    if request.starts_with("GET ") {
        caller.write_all(&vec![0; SENT])?;
    }
    Ok(())
}
