use proptest::prelude::*;

use super::*;

const ID: &str = "0b3a5c2e-1111-4222-8333-444455556666";
const BREAKPAD: &[u8] = b"MODULE Linux x86_64 C0BCC3F19827FE653058404B2831D9E60 crash\nFILE 0 a.c\nFUNC 1000 10 0 main\n1000 10 4 0\n";

fn told<'a>(name: &'a str, debug_id: Option<&str>) -> Told<'a> {
    Told { name, debug_id: debug_id.map(|id| id.parse().unwrap()) }
}

/// An ELF file of 64 bits with a build id and no section: program headers alone tell it.
fn elf(build_id: &[u8]) -> Vec<u8> {
    let (header, program_header, note) = (64_u64, 56_u64, header_end());
    let mut note_bytes = Vec::new();
    note_bytes.extend_from_slice(&4_u32.to_le_bytes());
    note_bytes.extend_from_slice(&(build_id.len() as u32).to_le_bytes());
    note_bytes.extend_from_slice(&3_u32.to_le_bytes());
    note_bytes.extend_from_slice(b"GNU\0");
    note_bytes.extend_from_slice(build_id);
    let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    file.extend_from_slice(&3_u16.to_le_bytes()); // a shared library
    file.extend_from_slice(&183_u16.to_le_bytes()); // arm64
    file.extend_from_slice(&1_u32.to_le_bytes());
    file.extend_from_slice(&0_u64.to_le_bytes());
    file.extend_from_slice(&header.to_le_bytes());
    file.extend_from_slice(&0_u64.to_le_bytes());
    file.extend_from_slice(&0_u32.to_le_bytes());
    for number in [64_u16, 56, 1, 64, 0, 0] {
        file.extend_from_slice(&number.to_le_bytes());
    }
    assert_eq!(file.len() as u64, header);
    file.extend_from_slice(&4_u32.to_le_bytes()); // a note
    file.extend_from_slice(&4_u32.to_le_bytes());
    let length = note_bytes.len() as u64;
    for number in [note, note, note, length, length, 4] {
        file.extend_from_slice(&number.to_le_bytes());
    }
    assert_eq!(file.len() as u64, header + program_header);
    file.extend_from_slice(&note_bytes);
    file
}

fn header_end() -> u64 {
    64 + 56
}

#[test]
fn an_elf_file_is_known_by_its_build_id() {
    let build_id: Vec<u8> = (1..=20).collect();
    let objects = inspect(&elf(&build_id), &told("libapp.so", None)).unwrap();
    let [object] = objects.as_slice() else { panic!("{objects:?}") };
    // A file without code is what a companion of debug information is.
    assert_eq!((object.kind, object.object_kind, object.arch), ("elf", "dbg", "arm64"));
    assert_eq!(object.code_id.as_deref(), Some("0102030405060708090a0b0c0d0e0f1011121314"));
    // Its first 16 bytes, in the order of a Windows GUID.
    assert_eq!(object.debug_id.to_string(), "04030201-0605-0807-090a-0b0c0d0e0f10");
    assert_eq!(object.features, [""; 0]);
}

#[test]
fn a_breakpad_file_is_known_by_its_first_line() {
    let objects = inspect(BREAKPAD, &told("crash.sym", None)).unwrap();
    assert_eq!((objects[0].kind, objects[0].arch), ("breakpad", "x86_64"));
    assert_eq!(objects[0].debug_id.to_string(), "c0bcc3f1-9827-fe65-3058-404b2831d9e6");
    assert!(objects[0].features.contains(&"debug"), "{:?}", objects[0].features);
}

#[test]
fn a_forged_id_is_refused_and_says_both() {
    let forged = inspect(BREAKPAD, &told("crash.sym", Some(ID)));
    assert_eq!(
        forged.unwrap_err().to_string(),
        format!("file was said to be of debug id {ID}, but is of c0bcc3f1-9827-fe65-3058-404b2831d9e6")
    );
    let il2cpp = format!(r#"{{"__debug-id__": {{"{ID}": {{}}}}, "a.cpp": {{"b.cs": {{"17": 4}}}}}}"#);
    let other = "ffffffff-1111-4222-8333-444455556666";
    assert!(matches!(
        inspect(il2cpp.as_bytes(), &told("a.json", Some(other))),
        Err(Unfit::OtherDebugId { .. })
    ));
}

#[test]
fn mappings_are_known_by_what_is_in_them_and_named_by_who_sends_them() {
    let plist = "<?xml version=\"1.0\"?><plist version=\"1.0\"><dict><key>DBGOriginalUUID</key>\
                 <string>C8374B6D-6E96-34D8-AE38-EFAA5FEC424F</string></dict></plist>";
    let proguard = format!("/proguard/{ID}.txt");
    for (content, name, id, kind) in [
        ("com.example.Main -> a:\n    1:1:void run():7 -> b\n", proguard.as_str(), None, "proguard"),
        ("# compiler: R8\na.A -> b:\n", proguard.as_str(), Some(ID), "proguard"),
        ("BCSymbolMap Version: 2.0\n_main\n", "x.bcsymbolmap", Some(ID), "bcsymbolmap"),
        (
            "BCSymbolMap Version: 2.0\n_main\n",
            "0B3A5C2E-1111-4222-8333-444455556666.bcsymbolmap",
            None,
            "bcsymbolmap",
        ),
        (plist, "0B3A5C2E-1111-4222-8333-444455556666.plist", None, "uuidmap"),
        (r#"["a", "b", "c", "d"]"#, "map.json", Some(ID), "dartsymbolmap"),
        (r#"{"a.cpp": {"b.cs": {"17": 4}}}"#, "il2cpp.json", Some(ID), "il2cpp"),
    ] {
        let objects =
            inspect(content.as_bytes(), &told(name, id)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((objects[0].kind, objects[0].debug_id.to_string().as_str()), (kind, ID), "{name}");
        assert_eq!(objects[0].features, ["mapping"]);
    }
}

#[test]
fn what_is_of_no_use_says_why() {
    let proguard = format!("/proguard/{ID}.txt");
    let texts: Vec<String> = [
        ("", "a", None),
        ("just text", "a.txt", None),
        ("just text", proguard.as_str(), None),
        ("[\"a\"]", "map.json", Some(ID)),
        ("[1, 2]", "map.json", Some(ID)),
        ("[\"a\", \"b\"]", "map.json", None),
        ("{\"a.cpp\": 1}", "il2cpp.json", Some(ID)),
        ("{\"a.cpp\"", "il2cpp.json", Some(ID)),
        ("\u{7f}ELF\u{2}\u{1}\u{1}\0\0\0\0\0\0\0\0\0\0\0", "libapp.so", None),
    ]
    .into_iter()
    .map(|(content, name, id)| inspect(content.as_bytes(), &told(name, id)).unwrap_err().to_string())
    .collect();
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn names_are_kept_without_folders() {
    for (path, name) in [
        ("/proguard/a.txt", "a.txt"),
        ("C:\\build\\app.pdb", "app.pdb"),
        ("../../etc/passwd", "passwd"),
        ("a\nb", "ab"),
        ("folder/", "folder"),
    ] {
        assert_eq!(file_name(path), name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn whatever_the_bytes_are_there_is_an_answer(
        seed in 0_usize..3,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        cut in any::<prop::sample::Index>(),
        tail in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let mut bytes = match seed {
            0 => elf(&[7; 20]),
            1 => BREAKPAD.to_vec(),
            _ => b"MZ\x90\0\xca\xfe\xba\xbe\0\0\0\x02\x01\0\0\x07SYSB\x02\0\0\0PK\x03\x04BSJB\x01\0\x01\0".to_vec(),
        };
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.index(bytes.len() + 1));
        bytes.extend_from_slice(&tail);
        if let Ok(objects) = inspect(&bytes, &Told::default()) {
            prop_assert!(!objects.is_empty());
        }
    }
}
