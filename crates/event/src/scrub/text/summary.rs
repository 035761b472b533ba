//! What bytes a text has: enough to know that most texts hold nothing to scrub.

/// Counted without branches, so that the compiler does it 16 or 32 bytes at a time.
#[derive(Debug, Default)]
pub(super) struct Summary {
    pub(super) digits: usize,
    pub(super) dashes: usize,
    dots: usize,
    colons: usize,
    equals: usize,
    /// `@`, and `%`, which may be the start of an encoded one.
    ats: usize,
    spaces: usize,
    length: usize,
}

const LANES: usize = 32;

impl Summary {
    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut summary = Self { length: bytes.len(), ..Self::default() };
        let (chunks, rest) = bytes.as_chunks::<LANES>();
        for chunk in chunks {
            summary.add(chunk);
        }
        if !rest.is_empty() {
            let mut padded = [0; LANES];
            if let Some(start) = padded.get_mut(..rest.len()) {
                start.copy_from_slice(rest);
            }
            summary.add(&padded);
        }
        summary
    }

    fn add(&mut self, chunk: &[u8; LANES]) {
        let (mut digits, mut dashes, mut dots, mut colons, mut equals, mut ats, mut spaces) =
            (0, 0, 0, 0, 0, 0, 0);
        for byte in chunk {
            digits += u8::from(byte.wrapping_sub(b'0') < 10);
            dashes += u8::from(*byte == b'-');
            dots += u8::from(*byte == b'.');
            colons += u8::from(*byte == b':');
            equals += u8::from(*byte == b'=');
            ats += u8::from((*byte == b'@') | (*byte == b'%'));
            spaces += u8::from(*byte == b' ');
        }
        self.digits += usize::from(digits);
        self.dashes += usize::from(dashes);
        self.dots += usize::from(dots);
        self.colons += usize::from(colons);
        self.equals += usize::from(equals);
        self.ats += usize::from(ats);
        self.spaces += usize::from(spaces);
    }

    /// Whether there is anything at all to look for.
    pub(super) fn is_interesting(&self) -> bool {
        self.digits >= 8
            || self.dashes >= 10
            || self.may_have_pairs()
            || self.may_have_email()
            || self.may_have_token()
            || self.may_have_ip()
    }

    pub(super) fn may_have_pairs(&self) -> bool {
        self.colons + self.equals > 0
    }

    pub(super) fn may_have_email(&self) -> bool {
        self.ats > 0 && self.length >= 6
    }

    /// `Bearer …`, or a JSON web token with its two dots.
    pub(super) fn may_have_token(&self) -> bool {
        (self.spaces > 0 && self.length >= 14) || (self.dots >= 2 && self.length >= 32)
    }

    pub(super) fn may_have_ip(&self) -> bool {
        (self.dots >= 3 && self.digits >= 4) || (self.colons >= 2)
    }
}
