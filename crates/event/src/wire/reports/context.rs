//! What all reports of a batch share.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{proto, wrong::Wrong};
use crate::{crash::elf_debug_id, time::Timestamp, wire::translate::Members};

/// A batch's context, as far as it is the same in each event.
pub(super) struct Shared {
    /// What each event begins as.
    pub(super) event: Map<String, Value>,
    pub(super) images: Images,
    pub(super) release: Option<String>,
    pub(super) environment: String,
    pub(super) user_id: Option<String>,
}

impl Shared {
    pub(super) fn of(context: proto::Context) -> Result<Self, Wrong> {
        let platform = platform(context.platform()).unwrap_or("other");
        let (app, release) = (context.app.unwrap_or_default(), context.release);
        let release = said(release).or_else(|| release_of(&app));
        let user_id = context.user.as_ref().and_then(|user| said(user.id.clone()));
        let mut event = Map::new();
        event.insert("platform".to_owned(), platform.into());
        event.put("release", release.clone());
        event.put("dist", said(context.dist).or_else(|| said(app.build.clone())));
        event.put("environment", said(context.environment.clone()));
        event.put_object("user", context.user.map(user).unwrap_or_default());
        event.put_object("tags", texts(context.tags));
        if let Some(sdk) = context.sdk {
            let mut object = Map::new();
            object.put("name", said(sdk.name));
            object.put("version", said(sdk.version));
            event.put_object("sdk", object);
        }
        let device = context.device.unwrap_or_default();
        let mut contexts = Map::new();
        contexts.put_object("culture", culture(&device));
        contexts.put_object("device", device_of(device));
        contexts.put_object("os", os(context.os.unwrap_or_default()));
        contexts.put_object("app", app_of(app));
        event.put_object("contexts", contexts);
        Ok(Self {
            event,
            images: Images::of(context.images)?,
            release,
            environment: context.environment,
            user_id,
        })
    }
}

/// `com.example.shop@3.2.1+3210`, as Sentry's SDKs name releases.
fn release_of(app: &proto::App) -> Option<String> {
    match (app.id.as_str(), app.version.as_str(), app.build.as_str()) {
        ("", ..) | (_, "", "") => None,
        (id, version, "") => Some(format!("{id}@{version}")),
        (id, "", build) => Some(format!("{id}@{build}")),
        (id, version, build) => Some(format!("{id}@{version}+{build}")),
    }
}

fn app_of(app: proto::App) -> Map<String, Value> {
    let mut object = Map::new();
    object.put("app_identifier", said(app.id));
    object.put("app_name", said(app.name));
    object.put("app_version", said(app.version));
    object.put("app_build", said(app.build));
    object.put("app_start_time", (app.started_ms > 0).then(|| Timestamp(app.started_ms).to_string()));
    object
}

fn os(os: proto::Os) -> Map<String, Value> {
    let mut object = Map::new();
    object.put("name", said(os.name));
    object.put("version", said(os.version));
    object.put("build", said(os.build));
    object.put("rooted", os.rooted);
    object
}

fn device_of(device: proto::Device) -> Map<String, Value> {
    let mut object = Map::new();
    object.put("model", said(device.model));
    object.put("manufacturer", said(device.manufacturer));
    object.put("arch", said(device.arch));
    object.put("memory_size", Some(device.memory_bytes).filter(|bytes| *bytes > 0));
    object.put("storage_size", Some(device.storage_bytes).filter(|bytes| *bytes > 0));
    object.put("simulator", device.simulator);
    object
}

fn culture(device: &proto::Device) -> Map<String, Value> {
    let mut object = Map::new();
    object.put("locale", said(device.locale.clone()));
    object.put("timezone", said(device.timezone.clone()));
    object
}

pub(super) fn user(user: proto::User) -> Map<String, Value> {
    let mut object = Map::new();
    object.put("id", said(user.id));
    object.put("email", said(user.email));
    object.put("username", said(user.username));
    object.put("ip_address", said(user.ip_address));
    object
}

/// Text that is not empty.
pub(super) fn said(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

pub(super) fn texts(map: HashMap<String, String>) -> Map<String, Value> {
    let mut texts: Vec<(String, String)> = map.into_iter().collect();
    // The same batch makes the same items.
    texts.sort();
    texts.into_iter().map(|(key, value)| (key, value.into())).collect()
}

/// A platform's name for events.
pub(super) fn platform(platform: proto::Platform) -> Option<&'static str> {
    match platform {
        proto::Platform::Unspecified => None,
        proto::Platform::Java => Some("java"),
        proto::Platform::Cocoa => Some("cocoa"),
        proto::Platform::Native => Some("native"),
        proto::Platform::Javascript => Some("javascript"),
        proto::Platform::Dart => Some("dart"),
        proto::Platform::Csharp => Some("csharp"),
    }
}

/// The binaries and mapping files of a batch.
pub(super) struct Images {
    all: Vec<Image>,
    /// Where those begin that have an address and a size, and which they are; sorted.
    by_address: Vec<(u64, usize)>,
}

pub(super) struct Image {
    pub(super) address: u64,
    size: u64,
    pub(super) path: String,
    /// A mapping file: of all frames.
    is_mapping: bool,
    json: Value,
}

impl Images {
    fn of(images: Vec<proto::Image>) -> Result<Self, Wrong> {
        let read = |(index, image)| {
            Image::of(image).map_err(|wrong: Wrong| wrong.within(format!("images[{index}]")))
        };
        let all: Vec<Image> = images.into_iter().enumerate().map(read).collect::<Result<_, Wrong>>()?;
        let placed = all.iter().enumerate().filter(|(_, image)| image.address > 0 && image.size > 0);
        let mut by_address: Vec<(u64, usize)> = placed.map(|(index, image)| (image.address, index)).collect();
        by_address.sort_unstable();
        Ok(Self { all, by_address })
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn get(&self, index: usize) -> Option<&Image> {
        self.all.get(index)
    }

    /// The image that an address is in.
    pub(super) fn at(&self, address: u64) -> Option<usize> {
        let after = self.by_address.partition_point(|(start, _)| *start <= address);
        let (start, index) = self.by_address.get(after.checked_sub(1)?)?;
        (address - start < self.all.get(*index)?.size).then_some(*index)
    }

    /// These, in this order, then the mapping files.
    pub(super) fn json(&self, used: &[usize]) -> Vec<Value> {
        let used = used.iter().filter_map(|index| self.all.get(*index)).filter(|image| !image.is_mapping);
        let mappings = self.all.iter().filter(|image| image.is_mapping);
        used.chain(mappings).map(|image| image.json.clone()).collect()
    }
}

impl Image {
    fn of(image: proto::Image) -> Result<Self, Wrong> {
        use proto::image::Kind;
        const ID_BYTES: usize = 64;
        let kind = image.kind();
        let ty = match kind {
            Kind::Unspecified => {
                return Err(Wrong::malformed("missing, or of a newer version").within("kind"));
            }
            Kind::Elf => "elf",
            Kind::MachO => "macho",
            Kind::Pe => "pe",
            Kind::Proguard => "proguard",
            Kind::SourceMap => "sourcemap",
            Kind::Dart => "dart_symbols",
        };
        let id = &image.id;
        if id.len() > ID_BYTES || (kind != Kind::Elf && !id.is_empty() && id.len() != 16) {
            let wanted = if kind == Kind::Elf { "at most 64" } else { "16" };
            return Err(Wrong::malformed(format!("{} bytes, and {wanted} are wanted", id.len())).within("id"));
        }
        let mut json = json!({ "type": ty });
        if !id.is_empty() {
            let debug_id = debug_id(kind, id, image.age);
            json["debug_id"] = debug_id.into();
            if matches!(kind, Kind::Elf | Kind::MachO) {
                json["code_id"] = hex::encode(id).into();
            }
        }
        if !image.path.is_empty() {
            json["code_file"] = image.path.as_str().into();
        }
        if !image.arch.is_empty() {
            json["arch"] = image.arch.into();
        }
        let is_mapping = matches!(kind, Kind::Proguard | Kind::SourceMap | Kind::Dart);
        if !is_mapping {
            json["image_addr"] = format!("{:#x}", image.address).into();
            json["image_size"] = image.size.into();
        }
        let (address, size) = if is_mapping { (0, 0) } else { (image.address, image.size) };
        Ok(Self { address, size, path: image.path, is_mapping, json })
    }
}

/// As symbol files are found by.
fn debug_id(kind: proto::image::Kind, id: &[u8], age: u32) -> String {
    let uuid = || Uuid::from_slice(id).unwrap_or_default();
    match kind {
        proto::image::Kind::Elf => elf_debug_id(id).to_string(),
        proto::image::Kind::Pe if age > 0 => format!("{}-{age:x}", elf_debug_id(id)),
        // A GUID as it stands in the file.
        proto::image::Kind::Pe => elf_debug_id(id).to_string(),
        _ => uuid().to_string(),
    }
}
