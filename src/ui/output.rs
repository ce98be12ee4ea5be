//! Standard output. A reader that went away, as `| head` does, is no error.

use std::io::{ErrorKind, Write};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{Failure, Kind};

/// Where data goes; clones share it.
#[derive(Clone)]
pub struct Output {
    sink: Arc<Mutex<Sink>>,
}

struct Sink {
    writer: Box<dyn Write + Send>,
    closed: bool,
}

impl Output {
    /// Standard output.
    pub fn stdout() -> Self {
        Self::new(std::io::stdout())
    }

    /// Any writer: for tests.
    pub fn new(writer: impl Write + Send + 'static) -> Self {
        let writer = Box::new(writer);
        let closed = false;
        Self {
            sink: Arc::new(Mutex::new(Sink { writer, closed })),
        }
    }

    /// Writes `text` as it is.
    pub fn write(&self, text: &str) -> Result<(), Failure> {
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        if sink.closed {
            return Ok(());
        }
        let bytes = text.as_bytes();
        let written = sink
            .writer
            .write_all(bytes)
            .and_then(|()| sink.writer.flush());
        match written {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                sink.closed = true;
                Ok(())
            }
            Err(error) => {
                Err(Failure::new(Kind::Failed, "cannot write to standard output").caused_by(error))
            }
            Ok(()) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind, Result, Write};

    use super::Output;

    struct Broken(ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> Result<usize> {
            Err(Error::from(self.0))
        }

        fn flush(&mut self) -> Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_left_is_no_error_and_a_full_disk_is_one() {
        let left = Output::new(Broken(ErrorKind::BrokenPipe));
        assert!(left.write("a").is_ok());
        assert!(left.write("b").is_ok());
        assert!(
            Output::new(Broken(ErrorKind::StorageFull))
                .write("a")
                .is_err()
        );
    }
}
