//! Looks at what the messages of an Arrow file claim before the decoder takes them at their word: sizes that no
//! content stands behind would end the program.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use arrow::ipc::reader::read_footer_length;
use arrow::ipc::{RecordBatch, root_as_footer, root_as_message};

/// Where a message is: its offset, and the lengths of its metadata and its body.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    offset: u64,
    metadata: u64,
    body: u64,
}

/// A body that unpacks to no more than this is fine, whatever its size.
const MOST_UNPACKED: i64 = 1 << 30;
/// Columns of one value pack to less than a thousandth, rows of data do not.
const MOST_TIMES: i64 = 1000;

/// Why a file is no Arrow file: it could not be read, or it speaks of what is not there.
pub(super) enum Unsound {
    Io(io::Error),
    Damaged,
}

impl From<io::Error> for Unsound {
    fn from(error: io::Error) -> Unsound {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Unsound::Damaged,
            _ => Unsound::Io(error),
        }
    }
}

/// Checks that the footer of a file speaks of places in the file only, and its dictionaries; gives the places of its
/// record batches.
pub(super) fn footer(content: &mut File) -> Result<Vec<Block>, Unsound> {
    let size = content.seek(SeekFrom::End(0))?;
    let mut tail = [0; 10];
    content.seek(SeekFrom::Start(
        size.checked_sub(10).ok_or(Unsound::Damaged)?,
    ))?;
    content.read_exact(&mut tail)?;
    let length = read_footer_length(tail).map_err(|_| Unsound::Damaged)? as u64;
    let start = size.checked_sub(10 + length).ok_or(Unsound::Damaged)?;
    let footer = bytes(content, start, length)?;
    let footer = root_as_footer(&footer).map_err(|_| Unsound::Damaged)?;
    let blocks = |list: Vec<&arrow::ipc::Block>| -> Result<Vec<Block>, Unsound> {
        let block = |block: &arrow::ipc::Block| {
            let block = Block {
                offset: u64::try_from(block.offset()).ok()?,
                metadata: u64::try_from(block.metaDataLength()).ok()?,
                body: u64::try_from(block.bodyLength()).ok()?,
            };
            let end = block
                .offset
                .checked_add(block.metadata)?
                .checked_add(block.body)?;
            (end <= size).then_some(block)
        };
        list.into_iter()
            .map(|b| block(b).ok_or(Unsound::Damaged))
            .collect()
    };
    let batches = blocks(footer.recordBatches().into_iter().flatten().collect())?;
    for dictionary in blocks(footer.dictionaries().into_iter().flatten().collect())? {
        batch(content, dictionary)?;
    }
    Ok(batches)
}

/// Checks one batch of a file.
pub(super) fn batch(content: &mut File, block: Block) -> Result<(), Unsound> {
    let metadata = bytes(content, block.offset, block.metadata)?;
    // Older files lack the mark before the length.
    let start = if metadata.starts_with(&[0xff; 4]) {
        8
    } else {
        4
    };
    let metadata = metadata.get(start..).ok_or(Unsound::Damaged)?;
    let body = body_of(metadata)?;
    if body > block.body {
        return Err(Unsound::Damaged);
    }
    unpacked(content, metadata, block.offset + block.metadata, body)
}

/// Checks all messages of a stream.
pub(super) fn stream(content: &mut File) -> Result<(), Unsound> {
    let size = content.seek(SeekFrom::End(0))?;
    let mut at = 0;
    loop {
        let mut length = [0; 4];
        content.seek(SeekFrom::Start(at))?;
        if at + 4 > size {
            return Ok(());
        }
        content.read_exact(&mut length)?;
        at += 4;
        if length == [0xff; 4] {
            if at + 4 > size {
                return Ok(());
            }
            content.read_exact(&mut length)?;
            at += 4;
        }
        let length = u64::from(u32::from_le_bytes(length));
        if length == 0 {
            return Ok(());
        }
        if at + length > size {
            return Err(Unsound::Damaged);
        }
        let metadata = bytes(content, at, length)?;
        at += length;
        let body = body_of(&metadata)?;
        if at.checked_add(body).is_none_or(|end| end > size) {
            return Err(Unsound::Damaged);
        }
        unpacked(content, &metadata, at, body)?;
        at += body;
    }
}

fn bytes(content: &mut File, at: u64, length: u64) -> Result<Vec<u8>, Unsound> {
    content.seek(SeekFrom::Start(at))?;
    let mut bytes = Vec::new();
    content.take(length).read_to_end(&mut bytes)?;
    match bytes.len() as u64 == length {
        true => Ok(bytes),
        false => Err(Unsound::Damaged),
    }
}

/// The length of a message's body.
fn body_of(metadata: &[u8]) -> Result<u64, Unsound> {
    let message = root_as_message(metadata).map_err(|_| Unsound::Damaged)?;
    u64::try_from(message.bodyLength()).map_err(|_| Unsound::Damaged)
}

/// Checks what the packed buffers of a message say of their sizes.
fn unpacked(content: &mut File, metadata: &[u8], start: u64, body: u64) -> Result<(), Unsound> {
    let message = root_as_message(metadata).map_err(|_| Unsound::Damaged)?;
    let dictionary = message.header_as_dictionary_batch();
    let batch: Option<RecordBatch<'_>> = message
        .header_as_record_batch()
        .or_else(|| dictionary.and_then(|d| d.data()));
    let Some(batch) = batch.filter(|batch| batch.compression().is_some()) else {
        return Ok(());
    };
    let times = i64::try_from(body)
        .unwrap_or(i64::MAX)
        .saturating_mul(MOST_TIMES);
    let mut left = MOST_UNPACKED.max(times);
    for buffer in batch.buffers().into_iter().flatten() {
        if buffer.length() == 0 {
            continue;
        }
        let offset = u64::try_from(buffer.offset()).ok().filter(|o| *o < body);
        let mut length = [0; 8];
        content.seek(SeekFrom::Start(start + offset.ok_or(Unsound::Damaged)?))?;
        content.read_exact(&mut length)?;
        // -1 stands before bytes that are not packed.
        let length = i64::from_le_bytes(length);
        left = match length {
            -1 => left,
            0.. => left.checked_sub(length).ok_or(Unsound::Damaged)?,
            _ => return Err(Unsound::Damaged),
        };
        if left < 0 {
            return Err(Unsound::Damaged);
        }
    }
    Ok(())
}
