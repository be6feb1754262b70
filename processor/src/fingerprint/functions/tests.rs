use super::*;

/// Module, function and file of a frame.
type Named = (&'static str, &'static str, &'static str);

fn called((module, function, path): &Named, family: Family) -> Option<(String, String)> {
    let text = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
    let frame = Frame { module: text(module), function: text(function), abs_path: text(path), ..Frame::default() };
    let function = frame.function.as_deref().unwrap_or_default();
    call(&frame, function, family).map(|call| (call.place.into_owned(), call.function.into_owned()))
}

fn expect(family: Family, expected: (&str, &str), same: &[Named]) {
    for named in same {
        let found = called(named, family).unwrap_or_default();
        assert_eq!((found.0.as_str(), found.1.as_str()), expected, "{named:?}");
    }
}

#[test]
fn javascript_has_one_name_in_every_browser_and_build() {
    let path = "https://a.example/js/shop.3f2a1bcd.js";
    for function in
        ["HTMLButtonElement.onStock", "onStock", "Object.onStock [as click]", "async onStock", "async*onStock", "load/onStock", "onStock$1"]
    {
        assert_eq!(called(&("", function, path), Family::JavaScript), Some(("shop".to_owned(), "onStock".to_owned())), "{function}");
    }
    for function in ["", "?", "eval", "Anonymous function", "run/<", "<anonymous>", "t", "e.n", "eval code", "4821", "./src/pay.js", "aBc"]
    {
        expect(Family::JavaScript, ("shop", ""), &[("", Box::leak(function.to_owned().into_boxed_str()), path)]);
    }
    expect(
        Family::JavaScript,
        ("pay", "run"),
        &[("shop:pay", "run", "/srv/shop/pay.js"), ("pay", "Object.run", "file:///srv/other/pay.mjs")],
    );
}

#[test]
fn what_the_virtual_machine_s_compilers_make_is_called_by_its_method() {
    expect(
        Family::Java,
        ("com.a.Pay", "charge"),
        &[
            ("com.a.Pay", "charge", ""),
            ("com.a.Pay", "lambda$charge$0", ""),
            ("com.a.Pay", "lambda$charge$17", ""),
            ("com.a.Pay", "charge$lambda-0", ""),
            ("com.a.Pay", "charge$lambda$3", ""),
            ("com.a.Pay", "charge-IoAF18A", ""),
            ("com.a.Pay", "charge$default", ""),
            ("com.a.Pay", "$anonfun$charge$1", ""),
            ("com.a.Pay$", "$anonfun$charge$1$adapted", ""),
            ("com.a.Pay$charge$1", "invokeSuspend", ""),
            ("com.a.Pay$charge$2$1", "invoke", ""),
            ("com.a.Pay$$anonfun$charge$1", "apply", ""),
            ("com.a.Pay$_charge_closure1", "doCall", ""),
            ("com.a.Pay$1", "charge", ""),
        ],
    );
    expect(Family::Java, ("com.a.Pay$Inner", "run"), &[("com.a.Pay$Inner", "run", ""), ("com.a.Pay$Inner$2", "run", "")]);
    expect(Family::Java, ("com.a.Pay", "<init>"), &[("com.a.Pay", "lambda$new$0", ""), ("com.a.Pay", "<init>", "")]);
    expect(Family::Java, ("shop.core", "pay"), &[("shop.core$pay", "invokeStatic", ""), ("shop.core$pay$fn__1234", "invoke", "")]);
    assert_eq!(called(&("p7.d", "a", ""), Family::Java), None);
    expect(Family::Java, ("", "onClick"), &[("a.b.c", "onClick", "")]);
}

#[test]
fn what_the_compilers_of_net_make_is_called_by_its_method() {
    expect(
        Family::CSharp,
        ("Shop.Pay", "Save"),
        &[
            ("Shop.Pay", "Save", ""),
            ("Shop.Pay+<Save>d__12", "MoveNext", ""),
            ("Shop.Pay.<Save>d__3", "MoveNext", ""),
            ("Shop.Pay+<>c__DisplayClass3_0", "<Save>b__0", ""),
            ("Shop.Pay+<>c", "Save { <lambda> }", ""),
            ("Shop.Pay.<>c", "<Save>b__4_1", ""),
            ("Shop.Pay", "async Task<int> Save(int id)", ""),
            ("Shop.Pay`1[[System.Int32]]", "Save", ""),
            ("Shop.Pay", "Shop.IPay.Save", ""),
        ],
    );
    expect(
        Family::CSharp,
        ("Shop.Pay", "Check"),
        &[("Shop.Pay", "<Save>g__Check|3_0", ""), ("Shop.Pay", "void Save(int id)+Check(int id)", "")],
    );
    expect(Family::CSharp, ("Shop.Outer.Inner", ".ctor"), &[("Shop.Outer+Inner", ".ctor", ""), ("Shop.Outer.Inner", ".ctor", "")]);
    expect(Family::CSharp, ("Program", "Main"), &[("Program", "<Main>$", ""), ("Program+<<Main>$>d__0", "MoveNext", "")]);
}

#[test]
fn native_functions_have_one_name_in_every_build() {
    expect(
        Family::Native,
        ("", "a::run"),
        &[
            ("", "a::run(int, std::vector<int>)", ""),
            ("", "void a::run<char>(char)", ""),
            ("", "a::run", ""),
            ("", "a::run.cold.3", ""),
            ("", "a::run(int) [clone .isra.0]", ""),
            ("", "a::run(int)::{lambda(int)#2}::operator()(int) const", ""),
            ("", "a::run(int)::$_0::operator()(int) const", ""),
            ("", "a::run(int) const", ""),
        ],
    );
    expect(Family::Native, ("", "{anonymous}::go"), &[("", "(anonymous namespace)::go(int)", ""), ("", "`anonymous namespace'::go", "")]);
    expect(Family::Native, ("", "-[Shop pay:with:]"), &[("", "-[Shop pay:with:]", ""), ("", "__22-[Shop pay:with:]_block_invoke_2", "")]);
    expect(
        Family::Native,
        ("", "Pay.charge"),
        &[
            ("", "closure #1 in Pay.charge(id:)", ""),
            ("", "partial apply for closure #2 in closure #1 in Pay.charge(id:)", ""),
            ("", "specialized Pay.charge(id:)", ""),
        ],
    );
    expect(
        Family::Native,
        ("", ""),
        &[("", "sub_401000", ""), ("", "0x7fff00112233", ""), ("", "<redacted>", ""), ("", "FUN_00401a2b", "")],
    );
}

#[test]
fn rust_functions_have_one_name_in_every_build() {
    expect(
        Family::Rust,
        ("", "shop::pay"),
        &[
            ("", "shop::pay::h0123456789abcdef", ""),
            ("", "shop::pay", ""),
            ("", "shop[4f3a]::pay", ""),
            ("", "shop::pay::<alloc::string::String>", ""),
            ("", "shop::pay::{{closure}}", ""),
            ("", "shop::pay::{closure#0}::{closure#12}", ""),
            ("", "shop::pay::{async_fn#0}", ""),
            ("shop", "pay", ""),
        ],
    );
    expect(Family::Rust, ("", "<shop::Pay as shop::Charge>::charge"), &[("", "<shop::Pay as shop::Charge>::charge::{{closure}}", "")]);
}

#[test]
fn functions_of_scripts_have_one_name() {
    let py = "/srv/shop/pay.py";
    expect(Family::Python, ("shop/pay", "charge"), &[("shop.pay", "charge", py), ("", "Pay.charge", py), ("__main__", "charge", py)]);
    expect(Family::Python, ("shop/pay", "<lambda>"), &[("shop.pay", "<lambda>", py), ("shop.pay", "make.<locals>.<lambda>", py)]);
    expect(Family::Python, ("shop/pay", ""), &[("shop.pay", "<listcomp>", py)]);
    let rb = "/srv/app/models/pay.rb";
    expect(
        Family::Ruby,
        ("models/pay", "charge"),
        &[("", "block (2 levels) in Shop#charge", rb), ("", "charge", rb), ("Shop", "charge", rb), ("", "rescue in charge", rb)],
    );
    expect(Family::Ruby, ("models/pay", "_app_views_show"), &[("", "_app_views_show__1234_5678", rb), ("", "_app_views_show__99_1", rb)]);
    let php = "/srv/app/Pay.php";
    expect(Family::Php, ("pay", "class@anonymous"), &[("", "class@anonymous\0/srv/a.php:12$0", php), ("", "class@anonymous", php)]);
    expect(
        Family::Php,
        ("pay", "{closure}"),
        &[("", "App\\{closure:/srv/a.php:12}", php), ("", "App\\{closure}", php), ("", "{closure:App\\Pay::run():12}", php)],
    );
    expect(Family::Php, ("", "App\\Pay::charge"), &[("", "App\\Pay::charge", php), ("", "App\\Pay->charge", php)]);
    expect(
        Family::Go,
        ("main", "run"),
        &[
            ("main", "run.func1", ""),
            ("main", "run.func3", ""),
            ("main", "run.func1.2", ""),
            ("main", "run", ""),
            ("main", "run.gowrap1", ""),
        ],
    );
    expect(
        Family::Go,
        ("main", "(*Server).Serve"),
        &[("main", "(*Server).Serve", ""), ("main", "(*Server).Serve-fm", ""), ("main", "(*Server).Serve.func2", "")],
    );
    expect(Family::Go, ("main", "Map"), &[("main", "Map[...]", ""), ("main", "Map[go.shape.int]", ""), ("main", "Map[...].func1", "")]);
    expect(
        Family::Elixir,
        ("Shop.Pay", "run/2"),
        &[
            ("Shop.Pay", "run/2", ""),
            ("Elixir.Shop.Pay", "Shop.Pay.run/2", ""),
            ("", "anonymous fn/1 in Shop.Pay.run/2", ""),
            ("Shop.Pay", "\"-run/2-fun-0-\"/1", ""),
        ],
    );
    let dart = "package:shop/pay.dart";
    expect(
        Family::Dart,
        ("pay", "Pay.charge"),
        &[
            ("", "Pay.charge", dart),
            ("", "Pay.charge.<anonymous closure>", dart),
            ("", "new Pay.charge", dart),
            ("", "Pay.charge.<fn>", dart),
        ],
    );
    expect(Family::Dart, ("pay", "_Cart.add"), &[("", "_Cart@4048458.add", dart)]);
    expect(Family::Other, ("x", "task_"), &[("x", "task_1234567", ""), ("x", "task_7654321", "")]);
}
