//! Looks at the pages of a Parquet file before the decoder does: one that claims to unpack to far more than it holds would
//! make the decoder ask for memory that ends the program.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use crate::load::thrift::{Page, page};

/// A page that unpacks to no more than this is fine, whatever its size.
const LARGE: u64 = 64 << 20;
/// One that unpacks to more than this is none.
const LARGEST: u64 = 1 << 30;
/// Values that are all the same pack to less than a thousandth, pages of data do not.
const MOST_TIMES: u64 = 1000;
/// Bytes that are read for the head of a page; and if that is too little, at most.
const HEAD: u64 = 512;
const LONGEST_HEAD: u64 = 16 << 20;

/// Whether the pages of a column's chunk, which lie in these bytes of a file, claim nothing that cannot be. Those that are
/// no pages are left to the decoder.
pub(super) fn are_sound(mut file: &File, chunk: Range<u64>) -> io::Result<bool> {
    let mut at = chunk.start;
    let mut bytes = Vec::new();
    while at < chunk.end {
        let Some((head, page)) = head(&mut file, at, chunk.end, &mut bytes)? else {
            return Ok(true);
        };
        let most = page.packed.saturating_mul(MOST_TIMES).clamp(LARGE, LARGEST);
        // Each value of a dictionary takes some of it.
        if page.unpacked > most || page.dictionary.is_some_and(|n| n > page.unpacked) {
            return Ok(false);
        }
        at = at.saturating_add(head).saturating_add(page.packed);
    }
    Ok(true)
}

/// The head of the page at a place: its length, and what it says.
fn head(
    file: &mut &File,
    at: u64,
    end: u64,
    bytes: &mut Vec<u8>,
) -> io::Result<Option<(u64, Page)>> {
    let mut most = HEAD;
    loop {
        let most_here = most.min(end - at);
        file.seek(SeekFrom::Start(at))?;
        bytes.clear();
        file.take(most_here).read_to_end(bytes)?;
        let mut rest = bytes.as_slice();
        if let Some(page) = page(&mut rest) {
            return Ok(Some(((bytes.len() - rest.len()) as u64, page)));
        }
        if most_here < most || most >= LONGEST_HEAD {
            return Ok(None);
        }
        most *= 32;
    }
}
