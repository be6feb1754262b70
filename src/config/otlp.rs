//! Where OpenTelemetry's exporters are listened to, beside the main listener.

use anyhow::{Result, bail};
use serde::Deserialize;

/// Section `otlp` of the configuration. The main listener takes the same requests.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Otlp {
    /// Address and port for gRPC. Empty: port 4317 on the host of `listen`, if it is free. `off`: none.
    pub grpc_listen: String,
    /// Address and port for HTTP. Empty: port 4318 on the host of `listen`, if it is free. `off`: none.
    pub http_listen: String,
}

/// One listener to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Door {
    /// The key that configures it.
    pub key: &'static str,
    /// Host and port.
    pub address: String,
    /// Someone asked for this address: that it can't be had is an error. One that nobody asked for may be taken by
    /// another collector.
    pub asked_for: bool,
}

impl Otlp {
    /// The listeners, on the host of `listen` where nothing else is said.
    pub(crate) fn doors(&self, listen: &str) -> Vec<Door> {
        let host = listen.rsplit_once(':').map_or(listen, |(host, _)| host);
        let settings = [("otlp.grpc_listen", &self.grpc_listen, 4317), ("otlp.http_listen", &self.http_listen, 4318)];
        let door = |(key, setting, port): (&'static str, &String, u16)| match setting.as_str() {
            "off" => None,
            "" => Some(Door { key, address: format!("{host}:{port}"), asked_for: false }),
            address => Some(Door { key, address: address.to_owned(), asked_for: true }),
        };
        settings.into_iter().filter_map(door).collect()
    }

    pub(super) fn check(&self) -> Result<()> {
        for (key, setting) in [("otlp.grpc_listen", &self.grpc_listen), ("otlp.http_listen", &self.http_listen)] {
            if !matches!(setting.as_str(), "" | "off") && !setting.contains(':') {
                bail!("{key} = {setting:?}: must be HOST:PORT, \"off\", or empty for the usual port");
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn otlp(grpc: &str, http: &str) -> Otlp {
        Otlp { grpc_listen: grpc.into(), http_listen: http.into() }
    }

    #[test]
    fn the_usual_ports_are_on_the_host_of_the_main_listener() {
        let addresses = |listen| otlp("", "").doors(listen).into_iter().map(|door| (door.address, door.asked_for)).collect::<Vec<_>>();
        assert_eq!(addresses("0.0.0.0:80"), [("0.0.0.0:4317".to_owned(), false), ("0.0.0.0:4318".to_owned(), false)]);
        assert_eq!(addresses("[::1]:80")[1].0, "[::1]:4318");
    }

    #[test]
    fn what_is_asked_for_is_listened_to_and_off_is_not() {
        let doors = otlp("off", "10.0.0.1:9000").doors("127.0.0.1:0");
        assert_eq!(doors, [Door { key: "otlp.http_listen", address: "10.0.0.1:9000".into(), asked_for: true }]);
        assert!(otlp("off", "off").doors("127.0.0.1:0").is_empty());
        assert!(otlp("on", "").check().is_err());
    }
}
