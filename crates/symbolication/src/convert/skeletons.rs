//! Lines of units whose debug information is in `.dwo` files: their tables of lines stay in the binary, and its symbol table
//! says where functions begin and end. What cannot be had so are inlined calls.

use std::{borrow::Cow, collections::HashMap, convert::Infallible};

use symbolic::{
    common::{Language, Name, NameMangling},
    debuginfo::{
        FileInfo, Function, LineInfo, Symbol,
        dwarf::{Dwarf, gimli},
        elf::ElfObject,
    },
    symcache::SymCacheConverter,
};

use crate::elsewhere::is_skeleton;

type Slice<'a> = gimli::EndianSlice<'a, gimli::RunTimeEndian>;
type Unit<'a> = gimli::Unit<Slice<'a>>;

/// Adds the functions with lines that skeletons and the symbol table together make.
pub(super) fn add_lines(elf: &ElfObject<'_>, converter: &mut SymCacheConverter<'_>) {
    let load = |id: gimli::SectionId| {
        let section = elf.section(id.name().trim_start_matches('.'));
        Ok::<_, Infallible>(section.map_or(Cow::Borrowed(&[][..]), |section| section.data))
    };
    let Ok(sections) = gimli::DwarfSections::load(load);
    let dwarf = sections.borrow(|section| gimli::EndianSlice::new(section, elf.endianity()));
    let lines = Lines::of(&dwarf, elf.load_address());
    for symbol in elf.symbol_map().iter() {
        if let Some(function) = lines.function(symbol) {
            converter.process_symbolic_function(&function);
        }
    }
}

/// The lines of all skeletons, by address.
#[derive(Default)]
struct Lines<'a> {
    rows: Vec<Row>,
    files: Vec<File<'a>>,
}

/// Instructions of one line.
#[derive(Clone, Copy)]
struct Row {
    start: u64,
    end: u64,
    line: u64,
    /// By its place among the files.
    file: Option<usize>,
}

#[derive(Clone)]
struct File<'a> {
    directory: Cow<'a, [u8]>,
    name: Cow<'a, [u8]>,
    compilation_directory: &'a [u8],
}

impl<'a> Lines<'a> {
    fn of(dwarf: &gimli::Dwarf<Slice<'a>>, load_address: u64) -> Self {
        let mut lines = Self::default();
        let mut units = dwarf.units();
        while let Ok(Some(head)) = units.next() {
            if is_skeleton(&head, &dwarf.debug_abbrev)
                && let Ok(unit) = dwarf.unit(head)
            {
                lines.add(dwarf, &unit, load_address);
            }
        }
        lines.rows.sort_by_key(|row| row.start);
        lines
    }

    /// The rows of a unit; of one that is damaged, those before the damage.
    fn add(&mut self, dwarf: &gimli::Dwarf<Slice<'a>>, unit: &Unit<'a>, load_address: u64) {
        let Some(program) = unit.line_program.clone() else { return };
        let mut files = HashMap::new();
        let (mut rows, mut before): (_, Option<Row>) = (program.rows(), None);
        // The linker puts what it left out at address 0.
        let mut is_left_out = false;
        while let Ok(Some((header, row))) = rows.next_row() {
            let is_first = before.is_none();
            is_left_out = if is_first { row.address() == 0 } else { is_left_out };
            let start = row.address().wrapping_sub(load_address);
            if let Some(before) = before.take().filter(|before| before.start < start && !is_left_out) {
                self.rows.push(Row { end: start, ..before });
            }
            if row.end_sequence() {
                continue;
            }
            let file = *files.entry(row.file_index()).or_insert_with(|| {
                self.files.push(File::of(dwarf, unit, row.file(header)?, header)?);
                Some(self.files.len() - 1)
            });
            let line = row.line().map_or(0, u64::from);
            before = Some(Row { start, end: start, line, file });
        }
    }

    /// A function of the symbol table with its lines; `None`: no skeleton has any.
    fn function<'s>(&'s self, symbol: &'s Symbol<'_>) -> Option<Function<'s>> {
        let (start, end) = (symbol.address, symbol.address.checked_add(symbol.size)?);
        let first = self.rows.partition_point(|row| row.end <= start);
        let rows = self.rows.iter().skip(first).take_while(|row| row.start < end);
        let lines = rows.filter_map(|row| {
            let file = self.files.get(row.file?)?;
            let from = row.start.max(start);
            Some(LineInfo {
                address: from,
                size: Some(row.end.min(end).checked_sub(from)?),
                file: FileInfo::new(file.directory.clone(), file.name.clone()),
                line: row.line,
            })
        });
        let lines: Vec<LineInfo<'_>> = lines.collect();
        let file = self.rows.get(first).and_then(|row| self.files.get(row.file?));
        (!lines.is_empty()).then_some(Function {
            address: start,
            size: symbol.size,
            name: Name::new(symbol.name.as_deref()?, NameMangling::Mangled, Language::Unknown),
            compilation_dir: file.map_or(&[], |file| file.compilation_directory),
            lines,
            inlinees: Vec::new(),
            inline: false,
        })
    }
}

impl<'a> File<'a> {
    fn of(
        dwarf: &gimli::Dwarf<Slice<'a>>,
        unit: &Unit<'a>,
        entry: &gimli::FileEntry<Slice<'a>>,
        header: &gimli::LineProgramHeader<Slice<'a>>,
    ) -> Option<Self> {
        let text = |value| dwarf.attr_string(unit, value).ok().map(|text| Cow::Borrowed(text.slice()));
        Some(Self {
            directory: entry.directory(header).and_then(text).unwrap_or_default(),
            name: text(entry.path_name())?,
            compilation_directory: unit.comp_dir.as_ref().map_or(&[], |directory| directory.slice()),
        })
    }
}
