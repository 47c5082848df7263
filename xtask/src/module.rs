//! Just enough of the WebAssembly binary format to list what a module wants from outside
//! (WebAssembly Core Specification, 5.5: modules).

use anyhow::{Context, Result, bail, ensure};

/// One import: the name of the module it is asked from, and its own.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Import {
    pub(crate) module: String,
    pub(crate) name: String,
}

/// Every import of the module, in its order.
///
/// # Errors
/// When the bytes are not a module of version 1 or are cut short.
pub(crate) fn imports(bytes: &[u8]) -> Result<Vec<Import>> {
    let sections = bytes.strip_prefix(b"\0asm\x01\0\0\0").context("not a WebAssembly module of version 1")?;
    let mut reader = Reader { rest: sections };
    while !reader.rest.is_empty() {
        let id = reader.byte()?;
        let length = reader.number()?;
        let body = reader.take(length)?;
        if id == 2 {
            return import_section(Reader { rest: body });
        }
    }
    Ok(Vec::new())
}

fn import_section(mut reader: Reader<'_>) -> Result<Vec<Import>> {
    let count = reader.number()?;
    let mut imports = Vec::new();
    for _ in 0..count {
        imports.push(Import { module: reader.name()?, name: reader.name()? });
        match reader.byte()? {
            // A function: the index of its type.
            0 => drop(reader.number()?),
            // A table: the type of its elements, then its limits.
            1 => {
                reader.byte()?;
                reader.limits()?;
            }
            // A memory.
            2 => reader.limits()?,
            // A global: its type, and whether it can change.
            3 => drop(reader.take(2)?),
            kind => bail!("import of the unknown kind {kind}"),
        }
    }
    Ok(imports)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length).context("the module is cut short")?;
        self.rest = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    /// An unsigned number of up to 32 bits, in groups of seven bits, least significant first.
    fn number(&mut self) -> Result<usize> {
        let mut value = 0_u64;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return usize::try_from(value).context("a length beyond the memory");
            }
        }
        bail!("a number of more than 32 bits")
    }

    fn name(&mut self) -> Result<String> {
        let length = self.number()?;
        Ok(String::from_utf8_lossy(self.take(length)?).into_owned())
    }

    fn limits(&mut self) -> Result<()> {
        let flags = self.byte()?;
        ensure!(flags <= 3, "limits of the unknown kind {flags}");
        self.number()?;
        if flags & 1 == 1 {
            self.number()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An empty type section, then a memory, a global and a function imported from two modules.
    const MODULE: &[u8] = b"\0asm\x01\0\0\0\x01\x01\x00\
        \x02\x1d\x03\x03env\x01m\x02\x01\x01\x02\x03env\x01g\x03\x7f\x00\x02js\x02go\x00\x85\x00";

    #[test]
    fn imports_of_every_kind_are_listed() {
        let import = |module: &str, name: &str| Import { module: module.into(), name: name.into() };
        assert_eq!(imports(MODULE).unwrap(), [import("env", "m"), import("env", "g"), import("js", "go")]);
    }

    #[test]
    fn module_cut_short_or_of_another_kind_is_an_error() {
        assert!(imports(b"\x7fELF").is_err());
        for length in 9..MODULE.len() {
            assert!(imports(&MODULE[..length]).is_err() || length == 11, "{length}");
        }
    }
}
