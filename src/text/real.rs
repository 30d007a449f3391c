//! How Kusto writes a real: the Grisu2 algorithm with the engine's own last-digit rule.
//!
//! The digits always read back as the same number, but they are not always the nearest such ones:
//! like the engine, this does not correct the last digit when more than eight digits follow the
//! decimal point of the scaled number (`0.1 + 0.2` is `0.30000000000000007`). Hashes, joins and
//! comparisons of `tostring(real)` depend on it.

/// A number `f * 2^e`.
#[derive(Clone, Copy)]
struct Scaled {
    f: u64,
    e: i32,
}

impl Scaled {
    fn normalised(self) -> Scaled {
        let shift = self.f.leading_zeros();
        Scaled {
            f: self.f << shift,
            e: self.e - shift.cast_signed(),
        }
    }

    fn times(self, other: Scaled) -> Scaled {
        let product = u128::from(self.f) * u128::from(other.f) + (1 << 63);
        Scaled {
            f: (product >> 64) as u64,
            e: self.e + other.e + 64,
        }
    }
}

/// Decimal digits of a number and the power of ten they are to be multiplied with.
struct Digits {
    digits: [u8; 20],
    length: usize,
    power: i32,
}

impl Digits {
    fn push(&mut self, digit: u64) {
        if (digit > 0 || self.length > 0) && self.length < self.digits.len() {
            self.digits[self.length] = b'0' + digit as u8;
            self.length += 1;
        }
    }

    /// Moves the last digit towards the number while that is nearer and stays within its interval.
    fn round(&mut self, delta: u64, mut rest: u64, unit: u64, distance: u64) {
        let Some(last) = self.length.checked_sub(1) else {
            return;
        };
        while rest < distance
            && delta - rest >= unit
            && (rest + unit < distance || distance - rest > rest + unit - distance)
        {
            self.digits[last] -= 1;
            rest += unit;
        }
    }
}

/// Appends a finite real: `6.0`, `0.001`, `1e-7`, `1.5e21`.
pub(super) fn write(value: f64, out: &mut String) {
    if value.is_sign_negative() {
        out.push('-');
    }
    if value == 0.0 {
        out.push_str("0.0");
        return;
    }
    let digits = digits_of(value.abs());
    let text = digits.digits[..digits.length]
        .iter()
        .map(|b| char::from(*b));
    let length = digits.length.cast_signed();
    let point = length + digits.power as isize;
    let zeros = |count: isize, out: &mut String| {
        for _ in 0..count {
            out.push('0');
        }
    };
    match point {
        1..=21 if length <= point => {
            out.extend(text);
            zeros(point - length, out);
            out.push_str(".0");
        }
        1..=21 => {
            out.extend(text.clone().take(point.cast_unsigned()));
            out.push('.');
            out.extend(text.skip(point.cast_unsigned()));
        }
        -5..=0 => {
            out.push_str("0.");
            zeros(-point, out);
            out.extend(text);
        }
        _ => {
            out.extend(text.clone().take(1));
            if length > 1 {
                out.push('.');
                out.extend(text.skip(1));
            }
            out.push('e');
            super::write_long(point as i64 - 1, out);
        }
    }
}

/// The digits of a finite positive number.
fn digits_of(value: f64) -> Digits {
    const HIDDEN: u64 = 1 << 52;
    let bits = value.to_bits();
    let (exponent, fraction) = ((bits >> 52) as i32, bits & (HIDDEN - 1));
    let exact = if exponent == 0 {
        Scaled {
            f: fraction,
            e: -1074,
        }
    } else {
        Scaled {
            f: fraction + HIDDEN,
            e: exponent - 1075,
        }
    };
    // Half way to the neighbours; below a power of two they are twice as near.
    let upper = Scaled {
        f: (exact.f << 1) + 1,
        e: exact.e - 1,
    }
    .normalised();
    let (f, e) = if exact.f == HIDDEN {
        ((exact.f << 2) - 1, exact.e - 2)
    } else {
        ((exact.f << 1) - 1, exact.e - 1)
    };
    let lower = Scaled {
        f: f << (e - upper.e),
        e: upper.e,
    };
    // A power of ten that brings the exponent to between -60 and -32.
    let index =
        (f64::from(-61 - upper.e) * std::f64::consts::LOG10_2 + 347.0).ceil() as usize / 8 + 1;
    let (f, e) = POWERS[index.min(POWERS.len() - 1)];
    let power = Scaled { f, e };
    let upper = upper.times(power);
    let mut digits = Digits {
        digits: [b'0'; 20],
        length: 0,
        power: 348 - 8 * index as i32,
    };
    generate(
        exact.normalised().times(power),
        Scaled {
            f: upper.f - 1,
            e: upper.e,
        },
        lower.times(power).f + 1,
        &mut digits,
    );
    digits
}

/// Digits of `upper` until what is left out is less than the interval down to `lower`.
fn generate(exact: Scaled, upper: Scaled, lower: u64, out: &mut Digits) {
    let shift = -upper.e;
    let one = 1u64 << shift;
    let distance = upper.f - exact.f;
    let mut delta = upper.f - lower;
    let mut whole = upper.f >> shift;
    let mut part = upper.f & (one - 1);
    let mut place = whole.checked_ilog10().map_or(0, |log| log + 1);
    while place > 0 {
        place -= 1;
        let unit = 10u64.pow(place);
        out.push(whole / unit);
        whole %= unit;
        let rest = (whole << shift) + part;
        if rest <= delta {
            out.power += place.cast_signed();
            out.round(delta, rest, unit << shift, distance);
            return;
        }
    }
    let mut places = 0;
    loop {
        part *= 10;
        delta *= 10;
        places += 1;
        out.push(part >> shift);
        part &= one - 1;
        if part < delta {
            out.power -= places;
            // The engine's rule: past eight places the distance counts as none.
            let distance = if places < 9 {
                distance.wrapping_mul(10u64.pow(places.unsigned_abs()))
            } else {
                0
            };
            out.round(delta, part, one, distance);
            return;
        }
    }
}

/// `10^-348`, `10^-340`, … `10^340`, rounded to 64 bits.
#[rustfmt::skip]
const POWERS: [(u64, i32); 87] = [
    (0xfa8f_d5a0_081c_0288, -1220),
    (0xbaae_e17f_a23e_bf76, -1193),
    (0x8b16_fb20_3055_ac76, -1166),
    (0xcf42_894a_5dce_35ea, -1140),
    (0x9a6b_b0aa_5565_3b2d, -1113),
    (0xe61a_cf03_3d1a_45df, -1087),
    (0xab70_fe17_c79a_c6ca, -1060),
    (0xff77_b1fc_bebc_dc4f, -1034),
    (0xbe56_91ef_416b_d60c, -1007),
    (0x8dd0_1fad_907f_fc3c, -980),
    (0xd351_5c28_3155_9a83, -954),
    (0x9d71_ac8f_ada6_c9b5, -927),
    (0xea9c_2277_23ee_8bcb, -901),
    (0xaecc_4991_4078_536d, -874),
    (0x823c_1279_5db6_ce57, -847),
    (0xc210_9436_4dfb_5637, -821),
    (0x9096_ea6f_3848_984f, -794),
    (0xd774_85cb_2582_3ac7, -768),
    (0xa086_cfcd_97bf_97f4, -741),
    (0xef34_0a98_172a_ace5, -715),
    (0xb238_67fb_2a35_b28e, -688),
    (0x84c8_d4df_d2c6_3f3b, -661),
    (0xc5dd_4427_1ad3_cdba, -635),
    (0x936b_9fce_bb25_c996, -608),
    (0xdbac_6c24_7d62_a584, -582),
    (0xa3ab_6658_0d5f_daf6, -555),
    (0xf3e2_f893_dec3_f126, -529),
    (0xb5b5_ada8_aaff_80b8, -502),
    (0x8762_5f05_6c7c_4a8b, -475),
    (0xc9bc_ff60_34c1_3053, -449),
    (0x964e_858c_91ba_2655, -422),
    (0xdff9_7724_7029_7ebd, -396),
    (0xa6df_bd9f_b8e5_b88f, -369),
    (0xf8a9_5fcf_8874_7d94, -343),
    (0xb944_7093_8fa8_9bcf, -316),
    (0x8a08_f0f8_bf0f_156b, -289),
    (0xcdb0_2555_6531_31b6, -263),
    (0x993f_e2c6_d07b_7fac, -236),
    (0xe45c_10c4_2a2b_3b06, -210),
    (0xaa24_2499_6973_92d3, -183),
    (0xfd87_b5f2_8300_ca0e, -157),
    (0xbce5_0864_9211_1aeb, -130),
    (0x8cbc_cc09_6f50_88cc, -103),
    (0xd1b7_1758_e219_652c, -77),
    (0x9c40_0000_0000_0000, -50),
    (0xe8d4_a510_0000_0000, -24),
    (0xad78_ebc5_ac62_0000, 3),
    (0x813f_3978_f894_0984, 30),
    (0xc097_ce7b_c907_15b3, 56),
    (0x8f7e_32ce_7bea_5c70, 83),
    (0xd5d2_38a4_abe9_8068, 109),
    (0x9f4f_2726_179a_2245, 136),
    (0xed63_a231_d4c4_fb27, 162),
    (0xb0de_6538_8cc8_ada8, 189),
    (0x83c7_088e_1aab_65db, 216),
    (0xc45d_1df9_4271_1d9a, 242),
    (0x924d_692c_a61b_e758, 269),
    (0xda01_ee64_1a70_8dea, 295),
    (0xa26d_a399_9aef_774a, 322),
    (0xf209_787b_b47d_6b85, 348),
    (0xb454_e4a1_79dd_1877, 375),
    (0x865b_8692_5b9b_c5c2, 402),
    (0xc835_53c5_c896_5d3d, 428),
    (0x952a_b45c_fa97_a0b3, 455),
    (0xde46_9fbd_99a0_5fe3, 481),
    (0xa59b_c234_db39_8c25, 508),
    (0xf6c6_9a72_a398_9f5c, 534),
    (0xb7dc_bf53_54e9_bece, 561),
    (0x88fc_f317_f222_41e2, 588),
    (0xcc20_ce9b_d35c_78a5, 614),
    (0x9816_5af3_7b21_53df, 641),
    (0xe2a0_b5dc_971f_303a, 667),
    (0xa8d9_d153_5ce3_b396, 694),
    (0xfb9b_7cd9_a4a7_443c, 720),
    (0xbb76_4c4c_a7a4_4410, 747),
    (0x8bab_8eef_b640_9c1a, 774),
    (0xd01f_ef10_a657_842c, 800),
    (0x9b10_a4e5_e991_3129, 827),
    (0xe710_9bfb_a19c_0c9d, 853),
    (0xac28_20d9_623b_f429, 880),
    (0x8044_4b5e_7aa7_cf85, 907),
    (0xbf21_e440_03ac_dd2d, 933),
    (0x8e67_9c2f_5e44_ff8f, 960),
    (0xd433_179d_9c8c_b841, 986),
    (0x9e19_db92_b4e3_1ba9, 1013),
    (0xeb96_bf6e_badf_77d9, 1039),
    (0xaf87_023b_9bf0_ee6b, 1066),
];
