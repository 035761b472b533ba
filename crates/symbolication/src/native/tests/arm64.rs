//! A program for arm64, as cross compilers make it, against the `addr2line` that comes with them.

use mayday_event::model::Frame;
use serde_json::json;
use symbolic::debuginfo::Object;

use super::*;
use crate::{
    folders::{LocalFolders, SymbolFolder},
    testing::{addr2line, compile_with},
};

/// Inlined calls within inlined calls, and code of another file. `addr2line` names templates with what they return, and lambdas by what
/// they are in.
const SOURCE: &str = r#"
namespace shop {
struct Cart { volatile int total; int count; };
inline __attribute__((always_inline)) int taxed(int price) { return price + price / 5; }
inline __attribute__((always_inline)) int priced(Cart &cart, int price) {
    int full = taxed(price);
    cart.total += full;
    return full;
}
inline __attribute__((always_inline)) int discounted(Cart &cart, int of) {
    return cart.total * of / 100;
}
__attribute__((noinline)) int add(Cart &cart, int price) {
    cart.count++;
    return priced(cart, price) + cart.total;
}
__attribute__((noinline)) int pay(Cart &cart) {
    int sum = add(cart, 3) + add(cart, 4);
#line 7 "discounts.h"
    if (sum > 5) sum -= discounted(cart, sum);
    return sum;
}
}
int main(int argc, char **) {
    shop::Cart cart{argc, 0};
    return shop::pay(cart);
}
"#;
/// Where the program lies in memory.
const START: u64 = 0x55_5000_0000;

#[test]
fn an_arm64_programs_frames_are_those_of_addr2line() {
    let flags = ["-g", "-O2"];
    let Some(program) = compile_with("aarch64-linux-gnu-g++", "cart.cpp", SOURCE, &flags) else { return };
    let file = program.bytes();
    let object = Object::parse(&file).unwrap();
    assert_eq!(object.arch(), symbolic::common::Arch::Arm64);
    let own = object.symbols().filter(|symbol| {
        symbol.size > 0 && symbol.name().is_some_and(|name| name == "main" || name.contains("shop"))
    });
    let addresses: Vec<u64> =
        own.flat_map(|symbol| (symbol.address..symbol.address + symbol.size).step_by(4)).take(200).collect();
    assert!(addresses.len() > 30, "{}", addresses.len());
    let folders = LocalFolders::new(vec![SymbolFolder::open(program.folder()).unwrap()]);
    // Each in a thread of its own, for the innermost frame is where it says.
    let thread = |address: &u64| json!({ "stacktrace": { "frames": [{ "instruction_addr": format!("{:#x}", START + address) }] } });
    let mut event = event_of(&json!({
        "platform": "native",
        "threads": { "values": addresses.iter().map(thread).collect::<Vec<_>>() },
        "debug_meta": { "images": [{
            "type": "elf", "arch": "arm64", "debug_id": object.debug_id().to_string(), "code_file": "/data/app/program",
            "image_addr": format!("{START:#x}"), "image_size": 0x100_0000,
        }] },
    }));
    symbolicate_native(&mut event, &folders);
    let mut deepest = 0;
    for (thread, address) in event.threads.iter().zip(&addresses) {
        let frames = &thread.stacktrace.as_ref().unwrap().frames;
        let call = |frame: &Frame| {
            let (function, file) = (frame.function.clone(), frame.filename.clone());
            (function.unwrap_or_default(), file.unwrap_or_default(), frame.lineno.unwrap_or(0))
        };
        let calls: Vec<_> = frames.iter().rev().map(call).collect();
        assert_eq!(calls, addr2line("aarch64-linux-gnu-addr2line", &program, *address), "{address:#x}");
        deepest = deepest.max(calls.len());
    }
    assert!(deepest >= 3, "calls that were inlined are among them");
}
