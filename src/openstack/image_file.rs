//! A file on its way to Glance: read, hashed and sent side by side, so that the
//! slowest of the three sets the pace and not their sum.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use sha2::{Digest, Sha512};
use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_blocking;

/// Smaller chunks cost system calls, larger ones wait in memory for the network.
const CHUNK_BYTES: usize = 1024 * 1024;
/// Chunks read ahead: two threads on one core take turns longer than one chunk lasts.
const AHEAD: usize = 4;

/// The parts of one sending.
pub(crate) struct Sending {
    /// Bytes as the connection takes them.
    pub(crate) chunks: ChunkStream,
    /// How many it took.
    pub(crate) taken: Arc<AtomicU64>,
    /// The sha512 in hex, once all was read; closed without it when reading failed.
    pub(crate) sha512: oneshot::Receiver<String>,
}

/// A stream that a request can own.
pub(crate) type ChunkStream = std::pin::Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// Length of the file to send.
pub(crate) fn length(path: &Path) -> io::Result<u64> {
    Ok(path.metadata()?.len())
}

/// Starts reading exactly `length` bytes.
pub(crate) fn start(path: &Path, length: u64) -> Sending {
    let (to_network, from_reader) = mpsc::channel::<io::Result<Bytes>>(AHEAD);
    let (to_hasher, hasher_input) = sync_channel::<Bytes>(AHEAD);
    let (hash_out, sha512) = oneshot::channel();
    let path: PathBuf = path.to_owned();
    spawn_blocking(move || {
        let emit = |chunk: Bytes| {
            to_hasher.send(chunk.clone()).is_ok() && to_network.blocking_send(Ok(chunk)).is_ok()
        };
        if let Err(error) = read(&path, length, emit) {
            // Nobody listens any more when the request ended first.
            let _ = to_network.blocking_send(Err(error));
        }
    });
    spawn_blocking(move || {
        let mut hash = Sha512::new();
        let mut hashed = 0;
        for chunk in hasher_input {
            hash.update(&chunk);
            hashed += chunk.len() as u64;
        }
        if hashed == length {
            let _ = hash_out.send(hex::encode(hash.finalize()));
        }
    });
    let taken = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&taken);
    let chunks = stream::unfold(
        (from_reader, counter),
        |(mut from_reader, counter)| async move {
            let chunk = from_reader.recv().await?;
            if let Ok(bytes) = &chunk {
                counter.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            }
            Some((chunk, (from_reader, counter)))
        },
    );
    Sending {
        chunks: Box::pin(chunks),
        taken,
        sha512,
    }
}

fn read(path: &Path, length: u64, emit: impl Fn(Bytes) -> bool) -> io::Result<()> {
    let mut file = File::open(path)?.take(length);
    let mut left = length;
    while left > 0 {
        let size = usize::try_from(left).unwrap_or(usize::MAX).min(CHUNK_BYTES);
        let mut chunk = vec![0; size];
        // A file that became shorter ends here, as an error.
        file.read_exact(&mut chunk)?;
        left -= size as u64;
        if !emit(Bytes::from(chunk)) {
            return Ok(());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use futures_util::StreamExt;

    use super::{CHUNK_BYTES, start};

    async fn drain(bytes: &[u8], length: u64) -> (usize, bool, Option<String>) {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        file.write_all(bytes).expect("written");
        let mut sending = start(file.path(), length);
        let (mut count, mut failed) = (0, false);
        while let Some(chunk) = sending.chunks.next().await {
            match chunk {
                Ok(chunk) => count += chunk.len(),
                Err(_) => failed = true,
            }
        }
        (count, failed, sending.sha512.await.ok())
    }

    #[tokio::test]
    async fn what_is_sent_is_what_is_hashed() {
        let expected = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
        let (count, failed, hash) = drain(b"abc", 3).await;
        assert_eq!((count, failed, hash.as_deref()), (3, false, Some(expected)));
        let large = vec![7; 2 * CHUNK_BYTES + 1];
        let (count, failed, hash) = drain(&large, large.len() as u64).await;
        assert_eq!((count, failed, hash.is_some()), (large.len(), false, true));
    }

    #[tokio::test]
    async fn a_file_that_became_shorter_fails_and_has_no_hash() {
        let (_, failed, hash) = drain(b"abc", 10).await;
        assert!(failed && hash.is_none());
    }
}
