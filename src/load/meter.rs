//! Readers whose bytes are counted, for what shows how far reading has come; they stop when the user wants that.

use std::io::{self, Read, Seek, SeekFrom};

use crate::contract::{METER, STOP};

/// A reader whose bytes are counted.
pub(super) struct Counted<R>(pub R);

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if STOP.is_asked() {
            return Err(io::Error::other("interrupted"));
        }
        let read = self.0.read(buffer)?;
        METER.read(read as u64);
        Ok(read)
    }
}

impl<R: Seek> Seek for Counted<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}
