#include "schema/pattern/property.hpp"

#include <algorithm>
#include <cstddef>

namespace collet::schema::pattern {

namespace {

// Each list has entries "Short:Long"; a property of three names has two entries.

constexpr std::string_view categories =
    "C:Other Cc:Control Cc:cntrl Cf:Format Cn:Unassigned Co:Private_Use Cs:Surrogate L:Letter "
    "LC:Cased_Letter Ll:Lowercase_Letter Lm:Modifier_Letter Lo:Other_Letter Lt:Titlecase_Letter "
    "Lu:Uppercase_Letter M:Mark M:Combining_Mark Mc:Spacing_Mark Me:Enclosing_Mark "
    "Mn:Nonspacing_Mark N:Number Nd:Decimal_Number Nd:digit Nl:Letter_Number No:Other_Number "
    "P:Punctuation P:punct Pc:Connector_Punctuation Pd:Dash_Punctuation Pe:Close_Punctuation "
    "Pf:Final_Punctuation Pi:Initial_Punctuation Po:Other_Punctuation Ps:Open_Punctuation S:Symbol "
    "Sc:Currency_Symbol Sk:Modifier_Symbol Sm:Math_Symbol So:Other_Symbol Z:Separator "
    "Zl:Line_Separator Zp:Paragraph_Separator Zs:Space_Separator";

/// Those of Unicode 15.
constexpr std::string_view scripts =
    "Adlm:Adlam Ahom:Ahom Hluw:Anatolian_Hieroglyphs Arab:Arabic Armn:Armenian Avst:Avestan "
    "Bali:Balinese Bamu:Bamum Bass:Bassa_Vah Batk:Batak Beng:Bengali Bhks:Bhaiksuki "
    "Bopo:Bopomofo Brah:Brahmi Brai:Braille Bugi:Buginese Buhd:Buhid Cans:Canadian_Aboriginal "
    "Cari:Carian Aghb:Caucasian_Albanian Cakm:Chakma Cham:Cham Cher:Cherokee Chrs:Chorasmian "
    "Zyyy:Common Copt:Coptic Xsux:Cuneiform Cprt:Cypriot Cpmn:Cypro_Minoan Cyrl:Cyrillic "
    "Dsrt:Deseret Deva:Devanagari Diak:Dives_Akuru Dogr:Dogra Dupl:Duployan "
    "Egyp:Egyptian_Hieroglyphs Elba:Elbasan Elym:Elymaic Ethi:Ethiopic Geor:Georgian "
    "Glag:Glagolitic Goth:Gothic Gran:Grantha Grek:Greek Gujr:Gujarati Gong:Gunjala_Gondi "
    "Guru:Gurmukhi Hani:Han Hang:Hangul Rohg:Hanifi_Rohingya Hano:Hanunoo Hatr:Hatran "
    "Hebr:Hebrew Hira:Hiragana Armi:Imperial_Aramaic Zinh:Inherited Phli:Inscriptional_Pahlavi "
    "Prti:Inscriptional_Parthian Java:Javanese Kthi:Kaithi Knda:Kannada Kana:Katakana "
    "Kali:Kayah_Li Khar:Kharoshthi Kits:Khitan_Small_Script Khmr:Khmer Khoj:Khojki "
    "Sind:Khudawadi Laoo:Lao Latn:Latin Lepc:Lepcha Limb:Limbu Lina:Linear_A Linb:Linear_B "
    "Lisu:Lisu Lyci:Lycian Lydi:Lydian Mahj:Mahajani Maka:Makasar Mlym:Malayalam Mand:Mandaic "
    "Mani:Manichaean Marc:Marchen Gonm:Masaram_Gondi Medf:Medefaidrin Mtei:Meetei_Mayek "
    "Mend:Mende_Kikakui Merc:Meroitic_Cursive Mero:Meroitic_Hieroglyphs Plrd:Miao Modi:Modi "
    "Mong:Mongolian Mroo:Mro Mult:Multani Mymr:Myanmar Nbat:Nabataean Nand:Nandinagari "
    "Talu:New_Tai_Lue Newa:Newa Nkoo:Nko Nshu:Nushu Hmnp:Nyiakeng_Puachue_Hmong Ogam:Ogham "
    "Olck:Ol_Chiki Hung:Old_Hungarian Ital:Old_Italic Narb:Old_North_Arabian Perm:Old_Permic "
    "Xpeo:Old_Persian Sogo:Old_Sogdian Sarb:Old_South_Arabian Orkh:Old_Turkic Ougr:Old_Uyghur "
    "Orya:Oriya Osge:Osage Osma:Osmanya Hmng:Pahawh_Hmong Palm:Palmyrene Pauc:Pau_Cin_Hau "
    "Phag:Phags_Pa Phnx:Phoenician Phlp:Psalter_Pahlavi Rjng:Rejang Runr:Runic Samr:Samaritan "
    "Saur:Saurashtra Shrd:Sharada Shaw:Shavian Sidd:Siddham Sgnw:SignWriting Sinh:Sinhala "
    "Sogd:Sogdian Sora:Sora_Sompeng Soyo:Soyombo Sund:Sundanese Sylo:Syloti_Nagri Syrc:Syriac "
    "Tglg:Tagalog Tagb:Tagbanwa Tale:Tai_Le Lana:Tai_Tham Tavt:Tai_Viet Takr:Takri Taml:Tamil "
    "Tnsa:Tangsa Tang:Tangut Telu:Telugu Thaa:Thaana Thai:Thai Tibt:Tibetan Tfng:Tifinagh "
    "Tirh:Tirhuta Toto:Toto Ugar:Ugaritic Vaii:Vai Vith:Vithkuqi Wcho:Wancho Wara:Warang_Citi "
    "Yezi:Yezidi Yiii:Yi Zanb:Zanabazar_Square "
    "Copt:Coptic Qaac:Coptic Zinh:Inherited Qaai:Inherited Kawi:Kawi Nagm:Nag_Mundari "
    "Zzzz:Unknown";

constexpr std::string_view binaries =
    "ASCII:ASCII AHex:ASCII_Hex_Digit Alpha:Alphabetic Any:Any Assigned:Assigned "
    "Bidi_C:Bidi_Control Bidi_M:Bidi_Mirrored CI:Case_Ignorable Cased:Cased "
    "CWCF:Changes_When_Casefolded CWCM:Changes_When_Casemapped CWKCF:Changes_When_NFKC_Casefolded "
    "CWL:Changes_When_Lowercased CWT:Changes_When_Titlecased CWU:Changes_When_Uppercased Dash:Dash "
    "DI:Default_Ignorable_Code_Point Dep:Deprecated Dia:Diacritic Emoji:Emoji "
    "EComp:Emoji_Component EMod:Emoji_Modifier EBase:Emoji_Modifier_Base EPres:Emoji_Presentation "
    "ExtPict:Extended_Pictographic Ext:Extender Gr_Base:Grapheme_Base Gr_Ext:Grapheme_Extend "
    "Hex:Hex_Digit IDSB:IDS_Binary_Operator IDST:IDS_Trinary_Operator IDC:ID_Continue "
    "IDS:ID_Start Ideo:Ideographic Join_C:Join_Control LOE:Logical_Order_Exception Lower:Lowercase "
    "Math:Math NChar:Noncharacter_Code_Point Pat_Syn:Pattern_Syntax Pat_WS:Pattern_White_Space "
    "QMark:Quotation_Mark Radical:Radical RI:Regional_Indicator STerm:Sentence_Terminal "
    "SD:Soft_Dotted Term:Terminal_Punctuation UIdeo:Unified_Ideograph Upper:Uppercase "
    "VS:Variation_Selector space:White_Space XIDC:XID_Continue XIDS:XID_Start";

struct Names {
  std::string_view brief;
  std::string_view full;
};

/// The entry of `list` that has `name` on either side.
std::optional<Names> find(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const std::string_view entry = list.substr(0, list.find(' '));
    list.remove_prefix(std::min(entry.size() + 1, list.size()));
    const std::size_t colon = entry.find(':');
    const Names names{entry.substr(0, colon), entry.substr(colon + 1)};
    if (name == names.brief || name == names.full) return names;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Property> property_named(std::string_view text) {
  using Kind = Property::Kind;
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) {
    if (const auto names = find(categories, text)) {
      return Property{.kind = Kind::category, .name = names->brief};
    }
    if (const auto names = find(binaries, text)) {
      return Property{.kind = Kind::binary, .name = names->full};
    }
    return std::nullopt;
  }
  const std::string_view name = text.substr(0, equals);
  const std::string_view value = text.substr(equals + 1);
  if (name == "General_Category" || name == "gc") {
    if (const auto names = find(categories, value)) {
      return Property{.kind = Kind::category, .name = names->brief};
    }
  } else if (name == "Script" || name == "sc") {
    if (const auto names = find(scripts, value)) {
      return Property{.kind = Kind::script, .name = names->full};
    }
  } else if (name == "Script_Extensions" || name == "scx") {
    if (const auto names = find(scripts, value)) {
      return Property{.kind = Kind::script_extensions, .name = names->full};
    }
  }
  return std::nullopt;
}

}  // namespace collet::schema::pattern
