//! Rows made of a document that is no list of records: JSON objects, one per line, in memory or, when they are many,
//! in a file that goes away with the last use.

use std::fs::File;
use std::io::{self, BufWriter, Cursor, Read, Seek, SeekFrom, Write};
use std::sync::Arc;

use tempfile::NamedTempFile;

use super::temporary::{kept, temporary};

/// Such rows.
#[derive(Clone, Debug)]
pub(super) enum Content {
    Memory(Arc<[u8]>),
    Disk(Arc<NamedTempFile>, u64),
}

impl Content {
    /// Their bytes.
    pub fn size(&self) -> u64 {
        match self {
            Content::Memory(bytes) => bytes.len() as u64,
            Content::Disk(_, size) => *size,
        }
    }

    /// The bytes from `at` on.
    pub fn reader(&self, at: u64) -> io::Result<Box<dyn Read + Send>> {
        Ok(match self {
            Content::Memory(bytes) => {
                let mut cursor = Cursor::new(Arc::clone(bytes));
                cursor.set_position(at);
                Box::new(cursor)
            }
            Content::Disk(content, _) => {
                let mut file = File::open(content.path())?;
                file.seek(SeekFrom::Start(at))?;
                Box::new(file)
            }
        })
    }
}

/// Bytes kept in memory.
const MOST: usize = 64 << 20;

/// Takes rows.
#[derive(Default)]
pub(super) struct Maker {
    memory: Vec<u8>,
    disk: Option<(BufWriter<NamedTempFile>, u64)>,
}

impl Maker {
    /// Adds the text of a row.
    pub fn row(&mut self, text: &str) -> io::Result<()> {
        if let Some((file, size)) = &mut self.disk {
            *size += text.len() as u64 + 1;
            file.write_all(text.as_bytes())?;
            return file.write_all(b"\n");
        }
        self.memory.extend_from_slice(text.as_bytes());
        self.memory.push(b'\n');
        if self.memory.len() > MOST {
            let mut file = BufWriter::with_capacity(1 << 20, temporary()?);
            file.write_all(&self.memory)?;
            self.disk = Some((file, self.memory.len() as u64));
            self.memory = Vec::new();
        }
        Ok(())
    }

    /// All that was taken.
    pub fn finish(self) -> io::Result<Content> {
        Ok(match self.disk {
            None => Content::Memory(self.memory.into()),
            Some((file, size)) => {
                let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
                Content::Disk(Arc::new(kept(file)), size)
            }
        })
    }
}
