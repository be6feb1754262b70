//! Names of users in the paths of their homes: `/home/jane/`, `/Users/jane/`, `C:\Users\jane\`. The rest of the path
//! stays, and so do the homes of services and of the system.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::patterns::Found;

/// Folders of homes. The escaped forms stand in JSON and in code.
const FOLDERS: [&str; 6] =
    ["/home/", "/Users/", ":\\Users\\", ":\\\\Users\\\\", "\\Documents and Settings\\", "\\\\Documents and Settings\\\\"];

static AUTOMATON: LazyLock<AhoCorasick> =
    LazyLock::new(|| AhoCorasick::builder().ascii_case_insensitive(true).build(FOLDERS).expect("a few short words make an automaton"));

/// Longest name of a user, in bytes.
const NAME: usize = 40;

/// Names that are nobody's, and what follows `/home/` and `/users/` in addresses of web pages.
const NOBODY: &str = "about,account,admin,administrator,airflow,all users,api,app,appuser,assets,azureuser,bitnami,build,builder,cart,\
    centos,checkout,circleci,contact,container,create,dashboard,debian,default,default user,delete,deploy,deployer,details,developer,\
    django,docker,ec2-user,edit,error,frappe,git,gitlab-runner,guest,help,home,index,jboss,jenkins,jovyan,list,login,me,new,news,nginx,\
    node,nobody,nonroot,opc,page,pages,pi,postgres,privacy,product,products,profile,public,python,rails,root,ruby,runner,runneradmin,\
    sbx_user1051,search,service,settings,shared,shop,site,spring,static,steam,svc,system,tomcat,ubuntu,user,username,vagrant,vcap,\
    vscode,vsts,web,webapp,webuser,worker,www,www-data";

/// The first name at or after `from`.
pub(super) fn find(text: &str, from: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    AUTOMATON.find_iter(&bytes[from..]).find_map(|folder| {
        let (start, name) = (from + folder.start(), from + folder.end());
        let mark = bytes[name - 1];
        let length = bytes[name..].iter().take(NAME + 1).take_while(|b| is_name(**b)).count();
        let end = name + length;
        let is_person = (1..=NAME).contains(&length) && text.get(name..end).is_some_and(|name| !is_nobody(name));
        // `/users/` in lower case is a route of some web application, but for few systems.
        let is_folder = mark == b'\\' || is_root(bytes, start) && &bytes[start..name] != b"/users/";
        (bytes.get(end) == Some(&mark) && is_person && is_folder).then_some(Found { rule: "@userpath", range: name..end, with: "[user]" })
    })
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || b"._- @+".contains(&byte)
}

fn is_nobody(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_digit()) || NOBODY.split(',').any(|known| name.eq_ignore_ascii_case(known))
}

/// Whether a path begins at `at`, and not the route of a request: `GET /home/...`.
fn is_root(bytes: &[u8], at: usize) -> bool {
    let before = &bytes[at.saturating_sub(8)..at];
    let is_file = before.ends_with(b"//") || before.ends_with(b"host");
    let is_inside = before.last().is_some_and(|b| b.is_ascii_alphanumeric() || b"/_.-}])".contains(b));
    let is_route =
        [&b"GET "[..], b"POST ", b"PUT ", b"PATCH ", b"DELETE ", b"HEAD ", b"OPTIONS "].iter().any(|verb| before.ends_with(verb));
    (is_file || !is_inside) && !is_route
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Option<&str> {
        find(text, 0).map(|found| &text[found.range])
    }

    #[test]
    fn only_the_name_of_a_person_is_found() {
        for (text, name) in [
            ("/home/jane/shop/app.py", "jane"),
            ("can't open '/Users/jane.doe/x.txt'", "jane.doe"),
            (r"C:\Users\Jane Doe\app\x.cs", "Jane Doe"),
            (r#"{"path":"C:\\Users\\jane\\x"}"#, "jane"),
            (r"C:\Documents and Settings\jane\x", "jane"),
            ("file:///home/jane/x.js", "jane"),
        ] {
            assert_eq!(names(text), Some(name), "{text}");
        }
    }

    #[test]
    fn routes_and_homes_of_services_are_kept() {
        for text in [
            "https://shop.example/home/sale/today",
            "GET /home/jane/cart",
            "GET /Users/jane/edit",
            "/api/users/jane/orders",
            "/users/jane/orders",
            "/home/app/src/x.py",
            "/home/runner/work/x",
            "/home/products/12",
            "/Users/42/edit",
            r"C:\Users\Public\x",
            "/home/jane",
            "/home/",
        ] {
            assert_eq!(names(text), None, "{text}");
        }
    }
}
