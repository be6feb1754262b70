//! Kinds of personal data and secrets that are known by name.

/// A kind that scrubbing can find by its look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Known {
    /// E-mail addresses.
    Email,
    /// IP addresses.
    Ip,
    /// Card numbers.
    CreditCard,
    /// International bank account numbers.
    Iban,
    /// Numbers of mobile devices.
    Imei,
    /// Addresses of network cards.
    Mac,
    /// Universally unique ids.
    Uuid,
    /// Private keys in PEM.
    PemKey,
    /// User and password in a URL.
    UrlAuth,
    /// Social security numbers of the United States.
    UsSsn,
    /// The user's name in a path.
    UserPath,
    /// Bearer tokens.
    Bearer,
    /// What stands under or behind a name such as `password`.
    Password,
}

impl Known {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::Email,
        Self::Ip,
        Self::CreditCard,
        Self::Iban,
        Self::Imei,
        Self::Mac,
        Self::Uuid,
        Self::PemKey,
        Self::UrlAuth,
        Self::UsSsn,
        Self::UserPath,
        Self::Bearer,
        Self::Password,
    ];

    /// Those of the built-in rule `@common`.
    pub const COMMON: [Self; 10] = [
        Self::Iban,
        Self::Ip,
        Self::Email,
        Self::CreditCard,
        Self::PemKey,
        Self::UrlAuth,
        Self::UserPath,
        Self::Bearer,
        Self::Password,
        Self::UsSsn,
    ];

    /// The name, as the type of a rule and, after `@`, as a built-in rule.
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Ip => "ip",
            Self::CreditCard => "creditcard",
            Self::Iban => "iban",
            Self::Imei => "imei",
            Self::Mac => "mac",
            Self::Uuid => "uuid",
            Self::PemKey => "pemkey",
            Self::UrlAuth => "urlauth",
            Self::UsSsn => "us_ssn",
            Self::UserPath => "userpath",
            Self::Bearer => "bearer",
            Self::Password => "password",
        }
    }

    /// What stands in its place unless a rule says otherwise.
    pub fn placeholder(self) -> &'static str {
        match self {
            Self::Email => "[email]",
            Self::Ip => "[ip]",
            Self::CreditCard => "[creditcard]",
            Self::Iban => "[iban]",
            Self::Imei => "[imei]",
            Self::Mac => "[mac]",
            Self::Uuid => "[uuid]",
            Self::PemKey => "[pemkey]",
            Self::UrlAuth => "[auth]",
            Self::UsSsn => "[ssn]",
            Self::UserPath => "[user]",
            Self::Bearer => "[token]",
            Self::Password => "[Filtered]",
        }
    }

    /// The kind of this name. `usssn` is Sentry's other name of `us_ssn`.
    pub fn of_name(name: &str) -> Option<Self> {
        let name = if name == "usssn" { "us_ssn" } else { name };
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}
