use mayday_event::model::Frame;

use super::of;

fn name(platform: &str, module: &str, function: &str) -> String {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    of(&Frame { module: text(module), function: text(function), ..Frame::default() }, platform).value()
}

#[test]
fn jvm_names_lose_what_compilers_add() {
    for (class, method, expected) in [
        ("shop.Cart", "total", "shop.Cart:total"),
        ("shop.Cart", "lambda$onCreate$0", "shop.Cart:onCreate"),
        ("shop.Cart", "onCreate$lambda$0", "shop.Cart:onCreate"),
        ("shop.Cart$refresh$2$1", "invokeSuspend", "shop.Cart:refresh"),
        ("shop.Cart$Line$3", "run", "shop.Cart$Line:run"),
        ("shop.Cart", "load$default", "shop.Cart:load"),
    ] {
        assert_eq!(name("java", class, method), expected);
    }
}

#[test]
fn native_names_are_the_same_from_every_demangler() {
    for (function, expected) in [
        ("brew::Pool<brew::Tex>::acquire(int) const", "brew::Pool::acquire"),
        ("void brew::Pool< brew::Tex >::acquire (int)", "brew::Pool::acquire"),
        ("brew::(anonymous namespace)::blend(float*)", "brew::blend"),
        ("brew::_GLOBAL__N_1::blend(float*)", "brew::blend"),
        ("brew::Span<float>::operator[](unsigned long) const", "brew::Span::operator index"),
        ("std::__ndk1::vector<int>::at(unsigned long)", "std::vector::at"),
        ("manifest::load::h1a2b3c4d5e6f7a8b", "manifest::load"),
        ("<ledger::Book as core::fmt::Display>::fmt", "ledger::Book::fmt"),
        ("blend(float*) [clone .cold]", "blend"),
        ("0x7f00", "?"),
    ] {
        assert_eq!(name("native", "", function), expected);
    }
}

#[test]
fn apple_names_are_the_declared_function() {
    for (function, expected) in [
        ("-[Cart total:]", "-[Cart total:]"),
        ("__41-[Cart total:]_block_invoke_2", "-[Cart total:]"),
        ("closure #1 () -> () in Shop.Cart.load() -> ()", "Cart.load"),
        ("specialized Shop.Cart.price<A>(of: A) -> Swift.Int", "Cart.price"),
        ("Cart.price(of:)", "Cart.price"),
    ] {
        assert_eq!(name("cocoa", "", function), expected);
    }
}

#[test]
fn dotnet_names_are_the_written_method() {
    for (ty, method, expected) in [
        ("Garage.Screen+<LoadAsync>d__12", "MoveNext", "Garage.Screen:LoadAsync"),
        ("Garage.Screen+<>c__DisplayClass5_0", "<Start>b__0", "Garage.Screen:Start"),
        ("Garage.Pool`1[[Garage.Tire, Garage]]", "Get", "Garage.Pool:Get"),
    ] {
        assert_eq!(name("csharp", ty, method), expected);
    }
}

#[test]
fn script_names_lose_bundles_and_closures() {
    for (module, function, expected) in [
        ("src/cart.ts", "Cart.total", "src/cart.ts:Cart.total"),
        ("src/cart.ts", "async Cart.load", "src/cart.ts:Cart.load"),
        ("src/gpx.ts", "_callee2$", "src/gpx.ts"),
        ("main.4f3a9c21.js", "mergeProfile", "mergeProfile"),
        ("page.dart", "_PageState.build.<anonymous closure>", "page.dart:_PageState.build"),
    ] {
        assert_eq!(name("javascript", module, function), expected);
    }
}
