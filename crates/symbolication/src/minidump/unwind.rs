//! From a thread's registers and stack memory to frames.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::FutureExt;
use mayday_event::{
    limits,
    model::{Frame, Stacktrace, Symbolication},
};
use minidump::{
    MinidumpContext, MinidumpMemory, MinidumpMemory64, MinidumpThread, Module, UnifiedMemory,
    UnifiedMemoryList,
};
use minidump_unwind::{
    CallStack, FileError, FileKind, FillSymbolError, FrameSymbolizer, FrameTrust, FrameWalker, StackFrame,
    SymbolFile, SymbolProvider, SystemInfo, walk_stack,
};

use super::{
    Dump,
    modules::{ByBase, cut, id},
    tables::UnwindTables,
};
use crate::{
    ArtifactKind, Artifacts, Status, Wanted,
    outcome::{found, outcome, unresolved},
};

/// Frames after which a stack is not unwound further; an event keeps the ends of what was.
const WALKED_FRAMES: usize = 1024;
/// Stack memory that is looked at, from the stack pointer on: each frame takes at least 8 bytes of it.
const STACK_BYTES: u64 = 1 << 20;

/// What became of the search for each binary's unwind information.
pub(super) type Outcomes = ByBase<Symbolication>;

/// Unwinds the threads of one dump.
pub(super) struct Walker<'a> {
    dump: &'a Dump<'a>,
    system: SystemInfo,
    artifacts: &'a dyn Artifacts,
    tables: &'a UnwindTables,
    /// By base address of the module.
    found: Mutex<ByBase<(Option<Arc<SymbolFile>>, Symbolication)>>,
    /// No more frames of this stack.
    enough: AtomicBool,
}

impl<'a> Walker<'a> {
    pub(super) fn new(dump: &'a Dump<'a>, artifacts: &'a dyn Artifacts, tables: &'a UnwindTables) -> Self {
        let (os_version, os_build) = dump.system.os_parts();
        let system = SystemInfo {
            os: dump.system.os,
            os_version: Some(os_version),
            os_build,
            cpu: dump.system.cpu,
            cpu_info: None,
            cpu_microcode_version: None,
            cpu_count: usize::from(dump.system.raw.number_of_processors),
        };
        Self { dump, system, artifacts, tables, found: Mutex::default(), enough: AtomicBool::new(false) }
    }

    pub(super) fn into_outcomes(self) -> Outcomes {
        let found = self.found.into_inner().unwrap_or_else(PoisonError::into_inner);
        found.into_iter().map(|(base, (_, outcome))| (base, outcome)).collect()
    }

    /// A stack, the outermost call first, with the registers of its innermost frame; and how many frames were left out
    /// between its ends.
    pub(super) fn walk(
        &self,
        context: MinidumpContext,
        thread: &MinidumpThread<'_>,
        memory: &UnifiedMemoryList<'_>,
    ) -> (Stacktrace, usize) {
        let registers = context.valid_registers().take(limits::REGISTERS);
        let registers = registers.map(|(name, value)| (name.to_owned(), format!("{value:#x}"))).collect();
        let pointer = context.get_stack_pointer();
        let mut stack = CallStack::with_context(context);
        let owned = memory.memory_at_address(pointer).or_else(|| thread.stack_memory(memory));
        let owned = owned.map(|memory| Window::of(memory, pointer));
        self.enough.store(false, Ordering::Relaxed);
        let watch = |index: usize, _: &StackFrame| {
            if index + 1 >= WALKED_FRAMES {
                self.enough.store(true, Ordering::Relaxed);
            }
        };
        let memory = owned.as_ref().map(Window::memory);
        // Nothing that is waited for waits: it ends at once, or was stopped for having gone on too long.
        let _ended = walk_stack(0, watch, &mut stack, memory, &self.dump.modules.list, &self.system, self)
            .now_or_never();
        let mut frames: Vec<Frame> = stack.frames.iter().take(WALKED_FRAMES).map(frame).collect();
        let surplus = frames.len().saturating_sub(limits::FRAMES);
        if surplus > 0 {
            frames.drain(limits::FRAMES / 2..limits::FRAMES / 2 + surplus);
        }
        frames.reverse();
        (Stacktrace { frames, registers, ..Stacktrace::default() }, surplus)
    }

    /// The unwind information of a module, looked for once.
    fn table(&self, module: &dyn Module) -> Option<Arc<SymbolFile>> {
        let base = module.base_address();
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let (table, _) = found.entry(base).or_insert_with(|| self.find(module));
        table.clone()
    }

    fn find(&self, module: &dyn Module) -> (Option<Arc<SymbolFile>>, Symbolication) {
        let id = id(module);
        if id.debug_id.is_none() && id.code_id.is_none() {
            return (
                None,
                outcome(Status::Missing, Some("the minidump gives no build id of the binary"), None),
            );
        }
        let debug_id = id.debug_id;
        match self.artifacts.find(&Wanted::Image(ArtifactKind::Cfi, id)) {
            Ok(file) => match self.tables.parsed(debug_id, &file) {
                Ok(table) => (Some(table), found(&file.source)),
                Err((status, reason)) => (None, outcome(status, Some(&reason), None)),
            },
            Err(absent) => (None, unresolved(&absent)),
        }
    }

    /// Ends the walk from within: what never comes is given up, with the frames so far.
    async fn stop_if_enough(&self) {
        if self.enough.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait::async_trait]
impl SymbolProvider for Walker<'_> {
    /// Names come later. To have none to say is an error here, so that scanning takes no address for wrong.
    async fn fill_symbol(
        &self,
        _: &(dyn Module + Sync),
        _: &mut (dyn FrameSymbolizer + Send),
    ) -> Result<(), FillSymbolError> {
        self.stop_if_enough().await;
        Err(FillSymbolError {})
    }

    async fn walk_frame(
        &self,
        module: &(dyn Module + Sync),
        walker: &mut (dyn FrameWalker + Send),
    ) -> Option<()> {
        self.stop_if_enough().await;
        self.table(module)?.walk_frame(module, walker)
    }

    async fn get_file_path(&self, _: &(dyn Module + Sync), _: FileKind) -> Result<PathBuf, FileError> {
        Err(FileError::NotFound)
    }
}

/// Stack memory from its beginning to a bounded distance above the stack pointer.
enum Window<'m> {
    Memory(MinidumpMemory<'m>),
    Memory64(MinidumpMemory64<'m>),
}

impl<'m> Window<'m> {
    fn of(memory: UnifiedMemory<'_, 'm>, pointer: u64) -> Self {
        let most = |base: u64, size: u64| pointer.saturating_sub(base).saturating_add(STACK_BYTES).min(size);
        match memory {
            UnifiedMemory::Memory(memory) => {
                let mut memory = memory.clone();
                memory.size = most(memory.base_address, memory.size);
                memory.bytes = first(memory.bytes, memory.size);
                Self::Memory(memory)
            }
            UnifiedMemory::Memory64(memory) => {
                let mut memory = memory.clone();
                memory.size = most(memory.base_address, memory.size);
                memory.bytes = first(memory.bytes, memory.size);
                Self::Memory64(memory)
            }
        }
    }

    fn memory(&self) -> UnifiedMemory<'_, 'm> {
        match self {
            Self::Memory(memory) => UnifiedMemory::Memory(memory),
            Self::Memory64(memory) => UnifiedMemory::Memory64(memory),
        }
    }
}

fn first(bytes: &[u8], size: u64) -> &[u8] {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    bytes.get(..size).unwrap_or(bytes)
}

/// Sentry names a frame by the address that its callee returns to.
fn frame(frame: &StackFrame) -> Frame {
    Frame {
        instruction_addr: Some(format!("{:#x}", frame.resume_address)),
        package: frame.module.as_ref().map(|module| cut(&module.code_file(), limits::PATH_BYTES)),
        trust: Some(trust(frame.trust).to_owned()),
        ..Frame::default()
    }
}

/// As Sentry has them.
fn trust(trust: FrameTrust) -> &'static str {
    match trust {
        FrameTrust::None => "none",
        FrameTrust::Scan => "scan",
        FrameTrust::CfiScan => "cfiscan",
        FrameTrust::FramePointer => "fp",
        FrameTrust::CallFrameInfo => "cfi",
        FrameTrust::PreWalked => "prewalked",
        FrameTrust::Context => "context",
    }
}
