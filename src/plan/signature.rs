//! The notation functions are declared in, and its parser.
//!
//! `strlen(source: string) -> long` · `substring(source: text, start: long, [length: long]) -> string` ·
//! `strcat(value: text, ...) -> string` · `case({predicate: bool, then: T}, ..., else: T) -> T` ·
//! `text: stringy has term: string -> bool` · `value: T in (item: T, ...) -> bool` ·
//! `extract(const pattern: string, group: long, source: string, [kind: type T]) -> T`
//!
//! | type | accepts | is given to the function as |
//! |---|---|---|
//! | `bool int long real decimal string datetime timespan guid dynamic` | that type and what widens to it | that type |
//! | `text` | any type | `string`, as by `tostring` |
//! | `stringy` | `string`, `dynamic` | `string` |
//! | `array`, `bag` | `dynamic` | `dynamic` |
//! | `number integer summable orderable scalar any` | each type of the class | itself |
//! | `string\|long` | either | itself |
//! | `T`, `T:number` | any type (of the class), the same wherever `T` stands | itself |
//! | `type T` | `typeof(…)`; binds `T` | nothing |
//! | `*` | the star | nothing |
//!
//! `[…]` is optional, `const` wants a constant, `...` repeats the parameter (or braced group) before it.

use crate::types::Type;

/// A set of types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct TypeSet(u16);

impl TypeSet {
    /// Every type.
    pub const ANY: TypeSet = TypeSet(0x3ff);

    /// The set of one type.
    pub const fn of(ty: Type) -> TypeSet {
        TypeSet(1 << ty as u16)
    }

    /// The set of these types.
    pub const fn all(types: &[Type]) -> TypeSet {
        let mut bits = 0;
        let mut i = 0;
        while i < types.len() {
            bits |= 1 << types[i] as u16;
            i += 1;
        }
        TypeSet(bits)
    }

    /// Whether `ty` is in it; the unknown type is in every set.
    pub fn contains(self, ty: Type) -> bool {
        ty == Type::Unknown || self.0 & (1 << ty as u16) != 0
    }

    /// The types in it.
    pub fn types(self) -> impl Iterator<Item = Type> {
        Type::ALL.into_iter().filter(move |t| self.contains(*t))
    }

    /// Its type, if there is just one.
    pub fn single(self) -> Option<Type> {
        let mut types = self.types();
        let first = types.next()?;
        types.next().is_none().then_some(first)
    }

    fn union(self, other: TypeSet) -> TypeSet {
        TypeSet(self.0 | other.0)
    }
}

/// How an argument of a parameter reaches the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passing {
    /// As it is: its type is one of the set.
    AsIs,
    /// Widened to the set's one type.
    Widened,
    /// A bool, or a number that is not 0.
    Truth,
    /// Converted to `string` as by `tostring`.
    Text,
    /// A `typeof(…)`.
    TypeOf,
    /// A `*`.
    Star,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name, for messages and hints.
    pub name: &'static str,
    /// The types it takes.
    pub types: TypeSet,
    /// The type variable it binds.
    pub variable: Option<char>,
    /// How the argument is passed.
    pub passing: Passing,
    /// Whether the argument must be a constant.
    pub constant: bool,
    /// Whether the argument may be left out.
    pub optional: bool,
    /// The type as written in the notation.
    pub notation: &'static str,
}

/// What a function returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returns {
    /// Always this type.
    Type(Type),
    /// The type its variable is bound to.
    Variable(char),
}

/// A signature: parameters before, in and after a repeated group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The function's name, or the infix operator's words.
    pub name: &'static str,
    /// Parameters; those of the repeated group are a range of them.
    pub parameters: Vec<Parameter>,
    /// The parameters that repeat (at least once, each time all of them).
    pub repeated: Option<(usize, usize)>,
    /// What it returns.
    pub returns: Returns,
    /// Whether it is written between its operands.
    pub infix: bool,
    /// As written.
    pub notation: &'static str,
}

impl Signature {
    /// The parameter that argument `index` of `count` arguments goes to.
    pub fn parameter(&self, index: usize, count: usize) -> Option<&Parameter> {
        let Some((start, end)) = self.repeated else {
            return self.parameters.get(index);
        };
        let after = self.parameters.len() - end;
        if index < start {
            self.parameters.get(index)
        } else if after > 0 && index + after >= count {
            self.parameters.get(end + (index + after - count))
        } else {
            self.parameters
                .get(start + (index - start) % (end - start).max(1))
        }
    }

    /// Whether it can be called with `count` arguments.
    pub fn takes(&self, count: usize) -> bool {
        let (least, most) = self.arity();
        if count < least || most.is_some_and(|m| count > m) {
            return false;
        }
        match self.repeated {
            Some((start, end)) => {
                let after = self.parameters.len() - end;
                (count - start - after).is_multiple_of((end - start).max(1))
            }
            None => true,
        }
    }

    /// The least and (unless open) the greatest number of arguments.
    pub fn arity(&self) -> (usize, Option<usize>) {
        let least = self.parameters.iter().filter(|p| !p.optional).count();
        let most = match self.repeated {
            Some(_) => None,
            None => Some(self.parameters.len()),
        };
        (least, most)
    }

    /// Reads a signature.
    ///
    /// # Errors
    /// What is wrong with the notation: a mistake in a declaration.
    pub fn parse(notation: &'static str) -> Result<Signature, String> {
        let (head, returns) = notation
            .rsplit_once("->")
            .ok_or_else(|| format!("`{notation}`: no `->`"))?;
        let head = head.trim();
        let bracket = head.find('(').unwrap_or(usize::MAX);
        let colon = head.find(':').unwrap_or(usize::MAX);
        let mut signature = if bracket < colon || colon == usize::MAX {
            let (name, list) = head
                .split_once('(')
                .ok_or_else(|| format!("`{notation}`: no `(`"))?;
            let list = list
                .strip_suffix(')')
                .ok_or_else(|| format!("`{notation}`: no `)`"))?;
            let mut signature = Signature::empty(name.trim(), notation);
            signature.read_list(list)?;
            signature
        } else {
            Signature::parse_infix(head, notation)?
        };
        signature.returns = match returns.trim() {
            word if word.len() == 1 => Returns::Variable(word.chars().next().unwrap_or('T')),
            "array" | "bag" => Returns::Type(Type::Dynamic),
            word => Returns::Type(
                Type::from_name(word).ok_or_else(|| format!("`{notation}`: returns `{word}`"))?,
            ),
        };
        Ok(signature)
    }

    fn empty(name: &'static str, notation: &'static str) -> Signature {
        Signature {
            name,
            parameters: Vec::new(),
            repeated: None,
            returns: Returns::Type(Type::Bool),
            infix: false,
            notation,
        }
    }

    /// `left: type op right: type` or `left: type op (item: type, ...)`
    fn parse_infix(head: &'static str, notation: &'static str) -> Result<Signature, String> {
        let bad = || format!("`{notation}`: not an infix signature");
        let (left_name, rest) = head.split_once(':').ok_or_else(bad)?;
        let rest = rest.trim_start();
        let left_end = rest.find(' ').ok_or_else(bad)?;
        let left_type = &rest[..left_end];
        let rest = rest[left_end..].trim_start();
        let (op, right) = match rest.find('(') {
            _ if rest.starts_with(": ") => (":", rest[1..].trim()),
            Some(at) => (
                rest[..at].trim(),
                rest[at + 1..]
                    .trim_end()
                    .strip_suffix(')')
                    .ok_or_else(bad)?,
            ),
            None => {
                let colon = rest.find(':').ok_or_else(bad)?;
                let mut start = rest[..colon].rfind(' ').ok_or_else(bad)?;
                if rest[..start].ends_with(" const") {
                    start -= " const".len();
                }
                (rest[..start].trim(), rest[start..].trim())
            }
        };
        let mut signature = Signature::empty(op, notation);
        signature.infix = true;
        signature
            .parameters
            .push(read_parameter(left_name.trim(), left_type, notation)?);
        signature.read_list(right)?;
        Ok(signature)
    }

    fn read_list(&mut self, list: &'static str) -> Result<(), String> {
        let notation = self.notation;
        let mut rest = list.trim();
        let mut group_start = self.parameters.len();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix("...") {
                self.repeated = Some((group_start, self.parameters.len()));
                rest = after.trim_start().trim_start_matches(',').trim_start();
                group_start = self.parameters.len();
                continue;
            }
            if let Some(after) = rest.strip_prefix('{') {
                let (group, after) = after
                    .split_once('}')
                    .ok_or_else(|| format!("`{notation}`: no `}}`"))?;
                group_start = self.parameters.len();
                for piece in group.split(',') {
                    self.push(piece, false)?;
                }
                rest = after.trim_start().trim_start_matches(',').trim_start();
                continue;
            }
            let end = rest.find(',').unwrap_or(rest.len());
            let piece = rest[..end].trim();
            group_start = self.parameters.len();
            match piece.strip_prefix('[').and_then(|p| p.strip_suffix(']')) {
                Some(inner) => self.push(inner, true)?,
                None => self.push(piece, false)?,
            }
            rest = rest[end..].trim_start_matches(',').trim_start();
        }
        Ok(())
    }

    fn push(&mut self, piece: &'static str, optional: bool) -> Result<(), String> {
        let notation = self.notation;
        let (name, ty) = piece
            .split_once(':')
            .ok_or_else(|| format!("`{notation}`: `{piece}` has no type"))?;
        let mut parameter = read_parameter(name.trim(), ty.trim(), notation)?;
        parameter.optional = optional;
        self.parameters.push(parameter);
        Ok(())
    }
}

fn read_parameter(
    name: &'static str,
    ty: &'static str,
    notation: &'static str,
) -> Result<Parameter, String> {
    let (name, constant) = match name.strip_prefix("const ") {
        Some(name) => (name.trim(), true),
        None => (name, false),
    };
    let mut parameter = Parameter {
        name,
        types: TypeSet::ANY,
        variable: None,
        passing: Passing::AsIs,
        constant,
        optional: false,
        notation: ty,
    };
    if let Some(variable) = ty.strip_prefix("type ") {
        parameter.variable = variable.chars().next();
        parameter.passing = Passing::TypeOf;
        return Ok(parameter);
    }
    let class = match ty.split_once(':') {
        Some((variable, class)) => {
            parameter.variable = variable.chars().next();
            class
        }
        None if ty.len() == 1 && ty.chars().all(|c| c.is_ascii_uppercase()) => {
            parameter.variable = ty.chars().next();
            return Ok(parameter);
        }
        None => ty,
    };
    let mut types = TypeSet::default();
    for word in class.split('|') {
        match word.trim() {
            "text" => parameter.passing = Passing::Text,
            "stringy" => {
                parameter.passing = Passing::Text;
                types = TypeSet::all(&[Type::String, Type::Dynamic]);
            }
            "*" => parameter.passing = Passing::Star,
            "truth" => {
                parameter.passing = Passing::Truth;
                types = TypeSet::of(Type::Bool);
            }
            word => {
                types = types.union(
                    class_of(word).ok_or_else(|| format!("`{notation}`: unknown type `{word}`"))?,
                );
            }
        }
    }
    if types == TypeSet::default() {
        types = TypeSet::ANY;
    }
    if parameter.passing == Passing::AsIs
        && parameter.variable.is_none()
        && types.single().is_some()
    {
        parameter.passing = Passing::Widened;
    }
    parameter.types = types;
    Ok(parameter)
}

fn class_of(word: &str) -> Option<TypeSet> {
    use Type::{Bool, Datetime, Decimal, Dynamic, Guid, Int, Long, Real, String, Timespan};
    Some(match word {
        "any" => TypeSet::ANY,
        "scalar" => TypeSet::all(&[
            Bool, Int, Long, Real, Decimal, String, Datetime, Timespan, Guid,
        ]),
        "number" => TypeSet::all(&[Int, Long, Real, Decimal]),
        "integer" => TypeSet::all(&[Int, Long]),
        "summable" => TypeSet::all(&[Int, Long, Real, Decimal, Datetime, Timespan]),
        "orderable" => TypeSet::all(&[Bool, Int, Long, Real, Decimal, String, Datetime, Timespan]),
        "array" | "bag" => TypeSet::of(Dynamic),
        word => TypeSet::of(Type::from_name(word)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form() {
        let s = Signature::parse("strlen(source: stringy) -> long").unwrap();
        assert_eq!((s.name, s.parameters.len(), s.infix), ("strlen", 1, false));
        assert_eq!(s.parameters[0].passing, Passing::Text);
        assert!(!s.parameters[0].types.contains(Type::Long));

        let s = Signature::parse("case({predicate: bool, then: T}, ..., else: T) -> T").unwrap();
        assert_eq!(s.repeated, Some((0, 2)));
        assert!(s.takes(3) && s.takes(5) && !s.takes(4) && !s.takes(1));
        assert_eq!(s.parameter(2, 5).unwrap().name, "predicate");
        assert_eq!(s.parameter(4, 5).unwrap().name, "else");
        assert_eq!(s.returns, Returns::Variable('T'));

        let s =
            Signature::parse("strcat_delim(delimiter: text, value: text, ...) -> string").unwrap();
        assert_eq!(s.arity(), (2, None));
        assert_eq!(s.parameter(7, 8).unwrap().name, "value");

        let s =
            Signature::parse("text: stringy matches regex const pattern: string -> bool").unwrap();
        assert_eq!((s.name, s.infix), ("matches regex", true));
        assert!(s.parameters[1].constant);

        let s = Signature::parse("value: T in (item: T, ...) -> bool").unwrap();
        assert_eq!((s.name, s.repeated), ("in", Some((1, 2))));
        assert!(s.takes(2) && s.takes(9));

        let s = Signature::parse("left: T:number + right: T:number -> T").unwrap();
        assert_eq!(s.name, "+");

        let s = Signature::parse("text: stringy : term: string -> bool").unwrap();
        assert_eq!((s.name, s.parameters[1].name), (":", "term"));

        let s = Signature::parse("now([offset: timespan]) -> datetime").unwrap();
        assert!(s.takes(0) && s.takes(1) && !s.takes(2));
        assert!(Signature::parse("f(x: strin) -> long").is_err());
    }
}
