use std::fs;

use symbolic::common::DebugId;

use super::*;
use crate::{ArtifactKind, Artifacts, Status, Wanted, testing::compile, testing_bundles::jvm_bundle};

const SYM: &str = "MODULE Linux x86_64 C0BCC3F19827FE653058404B2831D9E60 crash\nFILE 0 a.cpp\nFUNC 10 10 0 main\n10 10 4 0\n";

fn image() -> ImageId {
    ImageId {
        debug_id: "c0bcc3f1-9827-fe65-3058-404b2831d9e6".parse().ok(),
        code_id: Some("f1c3bcc0279865fe3058404b2831d9e64135386c".to_owned()),
        debug_file: Some("crash".to_owned()),
        code_file: Some("crash".to_owned()),
    }
}

/// What is found where the file lies at this path.
fn found_at(path: &str) -> bool {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    // No debug file by its content: only its place tells.
    fs::write(&file, "text").unwrap();
    SymbolFolder::open(root.path()).unwrap().candidates(&image()) == [file]
}

#[test]
fn each_layout_has_its_places() {
    for path in [
        "f1/c3bcc0279865fe3058404b2831d9e64135386c.debug",
        ".build-id/f1/c3bcc0279865fe3058404b2831d9e64135386c",
        "C0BC/C3F1/9827/FE65/3058/404B2831D9E6",
        "crash/C0BCC3F19827FE653058404B2831D9E60/crash.sym",
        "crash/c0bcc3f19827fe653058404b2831d9e60/crash",
        "f1/c3bcc0279865fe3058404b2831d9e64135386c/debuginfo",
    ] {
        assert!(found_at(path), "{path}");
    }
    assert!(!found_at("crash/crash.sym"));
}

#[test]
fn a_file_anywhere_is_found_by_what_it_is() {
    let root = tempfile::tempdir().unwrap();
    let deep = root.path().join("some/where");
    fs::create_dir_all(&deep).unwrap();
    fs::write(deep.join("whatever.txt"), SYM).unwrap();
    fs::write(deep.join("other"), "no symbols").unwrap();
    let folder = SymbolFolder::open(root.path()).unwrap();
    assert_eq!(folder.candidates(&image()), [deep.join("whatever.txt")]);
    assert!(!folder.is_cut_short());
    let other = ImageId { debug_id: Some(DebugId::from_pdb20(1, 2)), ..image() };
    let candidates = folder.candidates(&ImageId { code_id: None, ..other });
    assert_eq!(candidates, Vec::<std::path::PathBuf>::new());
}

#[test]
fn names_of_a_report_lead_nowhere_else() {
    let evil = |name: &str| ImageId {
        debug_file: Some(name.to_owned()),
        code_file: Some(name.to_owned()),
        ..image()
    };
    for name in ["..", "../../etc/passwd", "/etc/passwd", "C:\\x", ""] {
        let found = paths(&evil(name));
        assert!(found.iter().all(|path| !path.contains("..") && !path.contains("passwd")), "{found:?}");
    }
    let by_code_id = ImageId { code_id: Some("../../etc".to_owned()), debug_id: None, ..evil("a") };
    assert_eq!(paths(&by_code_id), Vec::<String>::new());
}

#[test]
fn the_file_with_lines_is_taken_before_the_stripped_one() {
    let Some(program) = compile("a.c", "int main(void) { return 0; }", &["-g"]) else { return };
    let root = tempfile::tempdir().unwrap();
    fs::copy(program.stripped().path(), root.path().join("a")).unwrap();
    fs::copy(program.path(), root.path().join("b.debug")).unwrap();
    let object = program.bytes();
    let object = symbolic::debuginfo::Object::parse(&object).unwrap();
    let image = ImageId { debug_id: Some(object.debug_id()), ..ImageId::default() };
    let folders = LocalFolders::new(vec![SymbolFolder::open(root.path()).unwrap()]);
    let file = folders.find(&Wanted::Image(ArtifactKind::SymCache, image.clone())).unwrap();
    assert!(file.source.ends_with("b.debug"), "{}", file.source);
    assert!(folders.find(&Wanted::Image(ArtifactKind::Cfi, image)).is_ok());
}

#[test]
fn a_debug_file_without_an_id_is_found_by_what_the_stripped_one_says() {
    let Some(program) = compile("a.c", "int main(void) { return 0; }", &["-g", "-Wl,--build-id=none"]) else {
        return;
    };
    let id = |path: &Path| symbolic::debuginfo::Object::parse(&fs::read(path).unwrap()).unwrap().debug_id();
    for place in ["app.debug", ".debug/app.debug", "elsewhere/app.debug"] {
        let root = tempfile::tempdir().unwrap();
        let (stripped, debug) = (root.path().join("bin/app"), root.path().join("bin").join(place));
        fs::create_dir_all(debug.parent().unwrap()).unwrap();
        objcopy(&[Path::new("--only-keep-debug"), program.path(), &debug]);
        assert!(id(&debug).is_nil(), "nothing but the link leads to it");
        let link = format!("--add-gnu-debuglink={}", debug.display());
        objcopy(&[Path::new("--strip-all"), Path::new(&link), program.path(), &stripped]);
        let image = ImageId { debug_id: Some(id(&stripped)), ..ImageId::default() };
        let found = || {
            let folders = LocalFolders::new(vec![SymbolFolder::open(root.path()).unwrap()]);
            folders.find(&Wanted::Image(ArtifactKind::SymCache, image.clone()))
        };
        assert!(found().unwrap().source.ends_with(place), "{place}");
        // One of another build has another checksum.
        fs::write(&debug, [fs::read(&debug).unwrap(), vec![0]].concat()).unwrap();
        assert!(found().is_ok_and(|file| file.source.ends_with("bin/app")) || found().is_err(), "{place}");
    }
}

fn objcopy(arguments: &[&Path]) {
    assert!(std::process::Command::new("objcopy").args(arguments).status().unwrap().success());
}

#[test]
fn a_bundle_of_sources_is_found_by_its_id_whatever_it_is_called() {
    const ID: &str = "246fb328-fc4e-406a-87ff-fc35f6149d8f";
    let root = tempfile::tempdir().unwrap();
    let bundle = jvm_bundle(ID, &[("~/com/shop/Cart.jvm", "class Cart")]);
    fs::write(root.path().join("sources.zip"), bundle).unwrap();
    let folders = LocalFolders::new(vec![SymbolFolder::open(root.path()).unwrap()]);
    let image = ImageId { debug_id: ID.parse().ok(), ..ImageId::default() };
    assert!(folders.find(&Wanted::Image(ArtifactKind::Sources, image)).is_ok());
}

#[test]
fn what_is_not_there_says_so() {
    let nowhere = LocalFolders::new(Vec::new());
    let wanted = Wanted::Image(ArtifactKind::SymCache, image());
    let absent = nowhere.find(&wanted).unwrap_err();
    assert_eq!((absent.status, &*absent.reason), (Status::Missing, "no folder with symbols given"));
    let root = tempfile::tempdir().unwrap();
    fs::write(
        root.path().join("broken.sym"),
        "MODULE Linux x86_64 C0BCC3F19827FE653058404B2831D9E60 a\nFUNC x\n",
    )
    .unwrap();
    let folders = LocalFolders::new(vec![SymbolFolder::open(root.path()).unwrap()]);
    let absent = folders.find(&wanted).unwrap_err();
    assert_eq!(absent.status, Status::Malformed, "{}", absent.reason);
    assert!(SymbolFolder::open(&root.path().join("none")).is_err());
}

#[test]
fn scripts_and_mappings_are_found_by_their_names() {
    let root = tempfile::tempdir().unwrap();
    let map = r#"{"version":3,"sources":["a.ts"],"names":[],"mappings":"AAAA"}"#;
    let inlined = "f();\n//# sourceMappingURL=data:application/json,%7B%22version%22:3,%22sources%22:[%22a.ts%22],%22names%22:[],%22mappings%22:%22AAAA%22%7D";
    let deep = root.path().join("dist");
    fs::create_dir_all(&deep).unwrap();
    for (name, content) in [
        ("dist/named.js", "f();\n//# sourceMappingURL=maps/other.map"),
        ("dist/other.map", map),
        ("dist/beside.js", "f();"),
        ("dist/beside.js.map", map),
        ("dist/index.android.bundle.map", map),
        ("dist/inlined.js", inlined),
        ("dist/bare.js", "f();"),
        ("mapping.txt", "com.shop.Cart -> a.b:\n    1:1:void pay():7:7 -> c\n"),
    ] {
        fs::write(root.path().join(name), content).unwrap();
    }
    let folders = LocalFolders::new(vec![SymbolFolder::open(root.path()).unwrap()]);
    let script = |url: &str| {
        let wanted = Wanted::SourceMap { debug_id: None, url: url.to_owned(), release: None, dist: None };
        folders.find(&wanted).map(|_| ()).map_err(|absent| absent.status)
    };
    for url in ["https://shop.example/named.js?v=1", "beside.js", "app:///index.android.bundle", "inlined.js"]
    {
        assert_eq!(script(url), Ok(()), "{url}");
    }
    assert_eq!(script("https://shop.example/bare.js"), Err(Status::Missing));
    assert!(folders.has_mapping());
    assert!(folders.find(&Wanted::Proguard(uuid::Uuid::nil())).is_ok());
    assert!(folders.find(&Wanted::Proguard(uuid::Uuid::max())).is_err());
}
