//! What a word of a product name is worth when names are compared.
//!
//! Sources: the 7,610 product names of the CISA OT archive. The lists are about the language of advisories, not about single products.

/// Words that carry nothing: grammar, and the nouns every name ends with.
pub(crate) fn is_noise(word: &str) -> bool {
    const NOISE: &str = "\
        a affected all an and any appliance appliances application applications as associated based by \
        component components controlled cpu cpus device devices discontinued edition endoflife eol \
        equipment families family firmware following for former formerly framework from fw generation \
        hardware image in is its known latest legacy line lines model models module modules multiple of \
        on or other part previous previously processor processors product products range references \
        release releases running series suite the to type types unit units variants version versions";
    NOISE.split(' ').any(|listed| listed == word)
}

/// Words that say what kind of thing it is. A name may lack them and still be the same product.
pub(crate) fn is_kind(word: &str) -> bool {
    const KINDS: &str = "\
        ac access arib cmiit etsi fcc reader readers adapter adapters automation bank breaker bridge bus \
        camera cameras capacitor card cards cellular chromatograph communication communications computer \
        computers control controller controllers converter converters coupler current dcs differential \
        directional distance distributed distribution drive drives engine engines ethernet ethernetip \
        feeder fieldbus gateway gateways generator hmi impedance industrial interface inverter inverters \
        logic managed meter meters modem motor network operator overcurrent panel panels platform plc plcs \
        power profibus profinet programmable programming protection pump pumps recloser regulator relay \
        relays router routers rtu rtus scada sensor server servers station substation supply switch \
        switches system systems terminal terminals thermostat transfer transformer transmitter \
        uninterruptible ups voltage wireless";
    KINDS.split(' ').any(|listed| listed == word)
}

/// Words that make the software that goes with a product out of the product's name.
pub(crate) fn is_tool(word: &str) -> bool {
    const TOOLS: &str = "\
        app builder client commdtm config configuration configurator designer developer dtm driver \
        editor emulator explorer kit lib library loader manager monitor opc plugin programmer sdk \
        service services simulator software studio tool toolkit tools utility viewer";
    TOOLS.split(' ').any(|listed| listed == word)
}

/// Words that name a sibling: a product that carries one is not meant by the name without it.
pub(crate) fn is_variant(word: &str) -> bool {
    const VARIANTS: &str = "\
        advanced batch compact commdtm dtm edge enterprise historian irt lean lite mini mobile oa \
        outdoor redundant rna runtime safety soft unified virtual";
    VARIANTS.split(' ').any(|listed| listed == word)
}

/// Interface words that are on many products: found, they identify nothing.
pub(crate) fn is_weak(word: &str) -> bool {
    const WEAK: &str = "\
        ac asi dc dcdcdc dp eth fl ie ieasi io iopn lan pb pn pndp pnpn poe ports ps rj45 tc tcp tx txtx \
        vpn web wlan";
    WEAK.split(' ').any(|listed| listed == word)
}

/// Words after which a name goes on about circumstances.
pub(crate) fn is_circumstance(word: &str) -> bool {
    const CIRCUMSTANCES: &str = "\
        built containing first having if installed manufactured only previously running serial shipped \
        utilizing using w w. when where with";
    CIRCUMSTANCES.split(' ').any(|listed| listed == word)
}

/// Circumstances that name a component the product is made of: "devices running HiOS".
pub(crate) fn names_component(word: &str) -> bool {
    matches!(word, "running" | "using" | "utilizing")
}

/// Words that make a name mean its whole line.
pub(crate) fn is_collective(word: &str) -> bool {
    matches!(
        word,
        "series"
            | "family"
            | "families"
            | "line"
            | "lines"
            | "range"
            | "devices"
            | "switches"
            | "controllers"
            | "cpus"
            | "products"
            | "models"
            | "image"
    )
}
