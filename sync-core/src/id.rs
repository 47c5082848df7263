//! Identifiers. Every one is derived or random, none carries personal data, all are safe to log.

use core::fmt;
use core::str::FromStr;

use sha2::{Digest, Sha256};

use crate::random::Random;

/// Why a text or byte string is not an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier of the expected form")]
pub struct IdError;

macro_rules! byte_id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// Length in bytes.
            pub const LEN: usize = $len;

            /// The bytes, in wire order.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = IdError;
            fn try_from(bytes: &[u8]) -> Result<Self, IdError> {
                bytes.try_into().map(Self).map_err(|_| IdError)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                let mut bytes = [0; $len];
                if text.len() != 2 * $len || !text.is_ascii() {
                    return Err(IdError);
                }
                for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
                    let digit = |d: u8| char::from(d).to_digit(16).ok_or(IdError);
                    *byte = u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).map_err(|_| IdError)?;
                }
                Ok(Self(bytes))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl<C> minicbor::Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                e.bytes(&self.0)?.ok()
            }
        }

        impl<'b, C> minicbor::Decode<'b, C> for $name {
            fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
                Self::try_from(d.bytes()?).map_err(|_| minicbor::decode::Error::message("wrong length"))
            }
        }
    };
}

byte_id! {
    /// One household's document: the first 16 bytes of the hash of the change that created it, so that
    /// two devices can never create the same document and a document's origin proves its name.
    DocumentId, 16
}
byte_id! {
    /// A change's SHA-256 as Automerge computes it; it covers the change's dependencies.
    ChangeHash, 32
}
byte_id! {
    /// A device: the first 12 bytes of SHA-256 of its Ed25519 public key.
    DeviceId, 12
}
byte_id! {
    /// Who wrote a change: the device, followed by the number (big endian) of its installation. A
    /// restored or cloned phone takes a new number, and so never repeats a sequence number.
    ActorId, 16
}
byte_id! {
    /// One life of one server's log. A restored backup gets a new one, so that phones notice.
    Incarnation, 16
}
byte_id! {
    /// One commune's register. Part of every signed byte string: a batch for one commune can't be
    /// replayed to another.
    CommuneId, 16
}
byte_id! {
    /// SHA-256 of a signed batch: links the batches of a device into a chain.
    BatchHash, 32
}
byte_id! {
    /// A notice of a device to the office, random.
    NoticeId, 16
}

impl DocumentId {
    /// The document that a first change creates.
    #[must_use]
    pub fn of_genesis(hash: &ChangeHash) -> Self {
        let mut id = [0; 16];
        id.copy_from_slice(&hash.0[..16]);
        Self(id)
    }
}

impl DeviceId {
    /// The device that holds the private half of `public_key`.
    #[must_use]
    pub fn of_key(public_key: &[u8; 32]) -> Self {
        let mut id = [0; 12];
        id.copy_from_slice(&Sha256::digest(public_key)[..12]);
        Self(id)
    }

    /// The device's actor in its `installation`-th life.
    #[must_use]
    pub fn actor(&self, installation: u32) -> ActorId {
        let mut id = [0; 16];
        id[..12].copy_from_slice(&self.0);
        id[12..].copy_from_slice(&installation.to_be_bytes());
        ActorId(id)
    }
}

impl ActorId {
    /// The only device that may write as this actor.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        let mut id = [0; 12];
        id.copy_from_slice(&self.0[..12]);
        DeviceId(id)
    }
}

/// The key of a member, child, circumstance, support, event or visit inside its household's document:
/// 64 random bits as 13 characters of base32 (`0-9a-v`). Unique by chance, so that two phones never
/// create two containers under one key (which would hide one of them).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct EntityId(String);

impl EntityId {
    /// Characters in the text form.
    pub const LEN: usize = 13;
    const ALPHABET: &'static [u8; 32] = b"0123456789abcdefghijklmnopqrstuv";

    /// A new identifier, drawn from `random`.
    pub fn draw(random: &mut dyn Random) -> Self {
        let mut bits = random.next_u64();
        let text = (0..Self::LEN).map(|_| {
            let digit = usize::try_from(bits & 31).expect("five bits fit");
            bits >>= 5;
            char::from(Self::ALPHABET[digit])
        });
        Self(text.collect())
    }

    /// The text, which is also the map key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EntityId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let valid = text.len() == Self::LEN && text.bytes().all(|c| Self::ALPHABET.contains(&c));
        valid.then(|| Self(text.to_owned())).ok_or(IdError)
    }
}

impl<'de> serde::Deserialize<'de> for EntityId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EntityId({})", self.0)
    }
}

impl<C> minicbor::Encode<C> for EntityId {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.str(&self.0)?.ok()
    }
}

impl<'b, C> minicbor::Decode<'b, C> for EntityId {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        d.str()?.parse().map_err(|_| minicbor::decode::Error::message("not an entity's key"))
    }
}
