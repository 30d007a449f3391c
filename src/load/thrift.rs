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

/// What the head of a page says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// Bytes behind its head, as they are and unpacked.
    pub packed: u64,
    pub unpacked: u64,
    /// Values, of a dictionary.
    pub dictionary: Option<u64>,
}

/// Reads the head of a page; nothing where that is not whole, or no head of a page.
pub(super) fn page(rest: &mut &[u8]) -> Option<Page> {
    let (mut page, mut sized) = (Page::default(), (false, false));
    fields(rest, |rest, id, ty| {
        match (id, ty) {
            (2, 5) => (page.unpacked, sized.0) = (natural(rest)?, true),
            (3, 5) => (page.packed, sized.1) = (natural(rest)?, true),
            (7, 12) => fields(rest, |rest, id, ty| {
                match (id, ty) {
                    (1, 5) => page.dictionary = Some(natural(rest)?),
                    _ => passed(rest, ty)?,
                }
                Some(())
            })?,
            _ => passed(rest, ty)?,
        }
        Some(())
    })?;
    (sized == (true, true)).then_some(page)
}

/// Hands over the fields of a structure: number and type, with what follows still to be read.
fn fields<'a>(
    rest: &mut &'a [u8],
    mut each: impl FnMut(&mut &'a [u8], u64, u8) -> Option<()>,
) -> Option<()> {
    let mut id = 0u64;
    loop {
        let head = byte(rest)?;
        if head == 0 {
            return Some(());
        }
        id = match head >> 4 {
            0 => unzigzag(varint(rest)?).max(0).unsigned_abs(),
            step => id + u64::from(step),
        };
        each(rest, id, head & 0x0f)?;
    }
}

/// Passes over the value of a field.
fn passed(rest: &mut &[u8], ty: u8) -> Option<()> {
    match ty {
        // A truth value is the type itself.
        1 | 2 => Some(()),
        ty => value(rest, ty, 1),
    }
}

/// A whole number that is not below zero.
fn natural(rest: &mut &[u8]) -> Option<u64> {
    u64::try_from(unzigzag(varint(rest)?)).ok()
}

fn unzigzag(n: u64) -> i64 {
    (n >> 1).cast_signed() ^ -(n & 1).cast_signed()
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
    fn heads_of_pages_are_read() {
        // 1: kind = dictionary, 2: unpacked = 300, 3: packed = 40, 7: {1: values = 9, 2: encoding, 3: sorted}
        let head = [
            0x15, 4, 0x15, 0xd8, 4, 0x15, 80, 0x4c, 0x15, 18, 0x15, 0, 0x11, 0, 0, 0xff,
        ];
        let mut rest = &head[..];
        let found = page(&mut rest).unwrap();
        assert_eq!(
            (found.unpacked, found.packed, found.dictionary),
            (300, 40, Some(9))
        );
        assert_eq!(rest, [0xff]);
        for cut in 0..15 {
            assert_eq!(page(&mut &head[..cut]), None);
        }
        // A size below zero, and no sizes at all.
        assert_eq!(page(&mut &[0x25, 3, 0x15, 80, 0][..]), None);
        assert_eq!(page(&mut &[0x15, 4, 0][..]), None);
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
