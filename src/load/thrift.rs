//! Looks at the footer of a Parquet file before the decoder does: a list or text in it that claims more than there is
//! would make the decoder ask for memory that ends the program.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// Structures in structures deeper than this are in no footer.
const DEPTH: usize = 32;

/// Whether what a file's footer claims of its own sizes is there. One that is no footer is left to the decoder.
pub(super) fn is_sound(mut file: &File) -> io::Result<bool> {
    let size = file.seek(SeekFrom::End(0))?;
    let Some(tail) = size.checked_sub(8) else {
        return Ok(true);
    };
    let mut length = [0; 4];
    file.seek(SeekFrom::Start(tail))?;
    file.read_exact(&mut length)?;
    let length = u64::from(u32::from_le_bytes(length));
    let Some(start) = tail.checked_sub(length) else {
        return Ok(true);
    };
    file.seek(SeekFrom::Start(start))?;
    let mut footer = Vec::new();
    file.take(length).read_to_end(&mut footer)?;
    Ok(structure(&mut footer.as_slice(), 0).is_some())
}

fn byte(rest: &mut &[u8]) -> Option<u8> {
    let (first, behind) = rest.split_first()?;
    *rest = behind;
    Some(*first)
}

/// A whole number of as many bytes as it needs.
fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let next = byte(rest)?;
        value |= u64::from(next & 0x7f) << shift;
        if next < 0x80 {
            return Some(value);
        }
    }
    None
}

/// A number of bytes, or of things of a byte at least, if as many are left.
fn count(rest: &mut &[u8]) -> Option<usize> {
    let n = usize::try_from(varint(rest)?).ok()?;
    (n <= rest.len()).then_some(n)
}

fn skip(rest: &mut &[u8], n: usize) -> Option<()> {
    *rest = rest.get(n..)?;
    Some(())
}

/// Passes over a structure of Thrift's compact protocol: fields until one of type 0.
fn structure(rest: &mut &[u8], depth: usize) -> Option<()> {
    if depth > DEPTH {
        return None;
    }
    loop {
        let head = byte(rest)?;
        if head == 0 {
            return Some(());
        }
        if head >> 4 == 0 {
            // Its number is not told by a step from the last one.
            varint(rest)?;
        }
        match head & 0x0f {
            // A truth value is the type itself.
            1 | 2 => {}
            ty => value(rest, ty, depth)?,
        }
    }
}

fn value(rest: &mut &[u8], ty: u8, depth: usize) -> Option<()> {
    match ty {
        1..=3 => skip(rest, 1),
        4..=6 => varint(rest).map(|_| ()),
        7 => skip(rest, 8),
        8 => {
            let n = count(rest)?;
            skip(rest, n)
        }
        9 | 10 => {
            let head = byte(rest)?;
            let n = match head >> 4 {
                15 => count(rest)?,
                n => usize::from(n),
            };
            (0..n).try_for_each(|_| value(rest, head & 0x0f, depth + 1))
        }
        11 => {
            let n = count(rest)?;
            let types = if n > 0 { byte(rest)? } else { 0 };
            (0..n).try_for_each(|_| {
                value(rest, types >> 4, depth + 1)?;
                value(rest, types & 0x0f, depth + 1)
            })
        }
        12 => structure(rest, depth + 1),
        13 => skip(rest, 16),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound(bytes: &[u8]) -> bool {
        structure(&mut &bytes[..], 0).is_some()
    }

    #[test]
    fn claims_are_held_against_what_is_there() {
        // 1: i32 = 2, 2: text "ab", 3: list of two texts, 4: true
        let fine = [
            0x15, 0x04, 0x18, 2, b'a', b'b', 0x19, 0x28, 1, b'x', 0, 0x11, 0,
        ];
        assert!(sound(&fine));
        assert!(!sound(&fine[..12]));
        // A list of 2^31 structures, and a text of 2^40 bytes.
        assert!(!sound(&[0x19, 0xfc, 0x80, 0x80, 0x80, 0x80, 0x08, 0, 0]));
        assert!(!sound(&[0x18, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20, 0]));
        assert!(!sound(&[0x1c; 100]));
    }
}
