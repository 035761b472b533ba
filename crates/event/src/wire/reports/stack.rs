//! Frames, threads and exceptions.

use serde_json::{Map, Value, json};

use super::{
    context::{Images, platform, said},
    proto,
    wrong::Wrong,
};
use crate::{limits, wire::translate::Members};

/// Frames of one stack that are translated, from both ends; normalisation keeps fewer and says so.
const FRAMES: usize = 4 * limits::FRAMES;

/// The stacks of one report, and the images that their frames are in.
pub(super) struct Stacks<'a> {
    images: &'a Images,
    /// In the order of the event's list.
    used: Vec<usize>,
}

impl<'a> Stacks<'a> {
    pub(super) fn new(images: &'a Images) -> Self {
        Self { images, used: Vec::new() }
    }

    /// Those that frames are in, and the mapping files.
    pub(super) fn images(&self) -> Vec<Value> {
        self.images.json(&self.used)
    }

    pub(super) fn exception(&mut self, exception: proto::Exception) -> Result<Map<String, Value>, Wrong> {
        let mut object = Map::new();
        object.put("type", said(exception.r#type));
        object.put("value", said(exception.value));
        object.put("module", said(exception.module));
        object.put("thread_id", exception.thread_id);
        object.put_object("stacktrace", self.stack(exception.frames, Vec::new())?);
        Ok(object)
    }

    /// `flag` says of the thread that is marked as crashed what it is.
    pub(super) fn thread(&mut self, thread: proto::Thread, flag: &str) -> Result<Value, Wrong> {
        let mut object = Map::new();
        object.insert("id".to_owned(), thread.id.into());
        object.put("name", said(thread.name));
        object.put(flag, thread.crashed.then_some(true));
        object.put("main", thread.main.then_some(true));
        object.put("state", said(thread.state));
        object.put_object("stacktrace", self.stack(thread.frames, thread.registers)?);
        Ok(object.into())
    }

    /// With the outermost call first, as events have it.
    fn stack(
        &mut self,
        frames: Vec<proto::Frame>,
        registers: Vec<proto::Register>,
    ) -> Result<Map<String, Value>, Wrong> {
        let surplus = frames.len().saturating_sub(FRAMES);
        let gap = FRAMES / 2..FRAMES / 2 + surplus;
        let mut list = Vec::with_capacity(frames.len() - surplus);
        for (index, frame) in frames.into_iter().enumerate().filter(|(index, _)| !gap.contains(index)) {
            let frame = self.frame(frame).map_err(|wrong| wrong.within(format!("frames[{index}]")))?;
            list.push(Value::from(frame));
        }
        list.reverse();
        let registers = registers.into_iter().take(limits::REGISTERS + 1);
        let registers = registers.map(|register| (register.name, hex(register.value).into())).collect();
        let mut stack = Map::new();
        stack.put("frames", (!list.is_empty()).then_some(list));
        stack.put_object("registers", registers);
        Ok(stack)
    }

    fn frame(&mut self, frame: proto::Frame) -> Result<Map<String, Value>, Wrong> {
        let platform = platform(frame.platform());
        let mut object = Map::new();
        self.place(&frame, &mut object)?;
        object.put("function", said(frame.function));
        object.put("module", said(frame.module));
        object.put("abs_path", frame.file.contains(['/', '\\']).then(|| frame.file.clone()));
        object.put("filename", said(frame.file));
        object.put("lineno", Some(frame.line).filter(|line| *line > 0));
        object.put("colno", Some(frame.column).filter(|column| *column > 0));
        object.put("in_app", frame.in_app);
        object.put("platform", platform);
        if let Some(lock) = frame.lock {
            object.insert("lock".to_owned(), self::lock(lock).map_err(|wrong| wrong.within("lock"))?);
        }
        Ok(object)
    }

    /// Address and binary.
    fn place(&mut self, frame: &proto::Frame, object: &mut Map<String, Value>) -> Result<(), Wrong> {
        let stated = match frame.image.checked_sub(1) {
            Some(index) => {
                let index = usize::try_from(index).unwrap_or(usize::MAX);
                let image = self.images.get(index).ok_or_else(|| {
                    let (found, count) = (frame.image, self.images.len());
                    Wrong::malformed(format!("{found}, and the context has {count} images")).within("image")
                })?;
                Some((index, image))
            }
            None => None,
        };
        let found = || {
            let index = self.images.at(frame.address)?;
            Some((index, self.images.get(index)?))
        };
        let image = stated.or_else(found);
        let Some((index, image)) = image else {
            object.put("instruction_addr", (frame.address > 0).then(|| hex(frame.address)));
            return Ok(());
        };
        object.put("package", said(image.path.clone()));
        let position = self.used.iter().position(|used| *used == index).unwrap_or_else(|| {
            self.used.push(index);
            self.used.len() - 1
        });
        if frame.address > 0 {
            object.insert("instruction_addr".to_owned(), hex(frame.address).into());
        } else if image.address > 0 {
            object.insert(
                "instruction_addr".to_owned(),
                hex(image.address.saturating_add(frame.offset)).into(),
            );
        } else if frame.offset > 0 {
            // Where the image was loaded is not known.
            object.insert("instruction_addr".to_owned(), hex(frame.offset).into());
            object.insert("addr_mode".to_owned(), format!("rel:{position}").into());
        }
        Ok(())
    }
}

fn lock(lock: proto::Lock) -> Result<Value, Wrong> {
    use proto::lock::State;
    let ty = match lock.state() {
        State::Unspecified => return Err(Wrong::malformed("missing, or of a newer version").within("state")),
        State::Held => 1,
        State::Waiting => 2,
        State::Sleeping => 4,
        State::Blocked => 8,
    };
    let mut object = Map::new();
    object.insert("type".to_owned(), ty.into());
    object.put("address", (lock.address > 0).then(|| hex(lock.address)));
    let (package, class) = match lock.class_name.rsplit_once('.') {
        Some((package, class)) => (package.to_owned(), class.to_owned()),
        None => (String::new(), lock.class_name),
    };
    object.put("package_name", said(package));
    object.put("class_name", said(class));
    object.put("thread_id", lock.thread_id);
    Ok(object.into())
}

pub(super) fn hex(number: u64) -> String {
    format!("{number:#x}")
}

/// What a crash without exceptions died of.
pub(super) fn exception_of_death(crash: &proto::Crash) -> Option<Map<String, Value>> {
    let signal = crash.signal.as_ref();
    let mach = crash.mach_exception.as_ref();
    let by_mach = mach.map(|mach| {
        let name = said(mach.name.clone()).unwrap_or_else(|| format!("mach exception {}", mach.number));
        (name, said(mach.code_name.clone()))
    });
    let by_signal = || {
        let signal = signal?;
        let name = said(signal.name.clone()).unwrap_or_else(|| format!("signal {}", signal.number));
        let code = said(signal.code_name.clone());
        let value = match (code, signal.address) {
            (Some(code), Some(address)) => Some(format!("{code} at {}", hex(address))),
            (None, Some(address)) => Some(format!("at {}", hex(address))),
            (code, None) => code,
        };
        Some((name, value))
    };
    let reason = said(crash.reason.clone());
    let (ty, value) =
        by_mach.or_else(by_signal).or_else(|| reason.is_some().then(|| ("Crash".to_owned(), None)))?;
    let mut exception = Map::new();
    exception.insert("type".to_owned(), ty.into());
    exception.put("value", reason.or(value));
    Some(exception)
}

/// The mechanism's `meta`: signal and Mach exception.
pub(super) fn meta(crash: proto::Crash) -> Map<String, Value> {
    let mut meta = Map::new();
    if let Some(signal) = crash.signal {
        let mut object = Map::new();
        object.put("number", (signal.number > 0).then_some(signal.number));
        object.put("name", said(signal.name));
        object.put("code", (signal.code != 0).then_some(signal.code));
        object.put("code_name", said(signal.code_name));
        object.put("address", signal.address.map(hex));
        meta.put_object("signal", object);
    }
    if let Some(mach) = crash.mach_exception {
        let mut object = json!({ "exception": mach.number, "code": mach.code, "subcode": mach.subcode });
        if let Some(object) = object.as_object_mut() {
            object.put("name", said(mach.name));
            object.put("code_name", said(mach.code_name));
        }
        meta.insert("mach_exception".to_owned(), object);
    }
    meta
}
