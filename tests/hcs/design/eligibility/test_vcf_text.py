"""A VCF that is not whole is refused in a sentence; nothing of it is read silently."""

import gzip
from pathlib import Path

import pytest
from tests.hcs.design.eligibility.vcf_files import CHR21, GT, vcf

from hcs.design.eligibility.vcf import read_vcf
from hcs.design.eligibility.vcf_text import BGZF_END
from hcs_plates.errors import InputFileError

RECORDS = [f"chr21 {place} . C T 50 PASS DP=3 GT 0/1" for place in range(100, 140)]


def bgzipped(text: bytes) -> bytes:
    """Pack as bgzip does: blocks that say their size, and an empty one at the end."""
    blocks = b""
    for start in range(0, len(text), 400):
        block = gzip.compress(text[start : start + 400], mtime=0)
        size = len(block) + 8 - 1
        blocks += (
            block[:3]
            + b"\x04"
            + block[4:10]
            + b"\x06\x00BC\x02\x00"
            + size.to_bytes(2, "little")
            + block[10:]
        )
    return blocks + BGZF_END


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """Give a VCF of forty records."""
    return vcf(tmp_path / "a.vcf", RECORDS, (CHR21, GT))


def refused(path: Path) -> str:
    """Give the sentence with which a file is refused."""
    with pytest.raises(InputFileError) as error:
        read_vcf(path)
    return str(error.value)


@pytest.mark.parametrize("packed", [bytes, gzip.compress, bgzipped])
def test_a_whole_file_is_read_packed_or_not(whole: Path, packed: type) -> None:
    """All three forms hold the same table."""
    other = whole.with_name("b.vcf.gz")
    other.write_bytes(packed(whole.read_bytes()))
    assert read_vcf(other).equals(read_vcf(whole))
    assert len(read_vcf(other)) == len(RECORDS)


@pytest.mark.parametrize("packed", [gzip.compress, bgzipped])
def test_a_packed_file_that_is_cut_off_anywhere_is_refused(whole: Path, packed: type) -> None:
    """Between two blocks of bgzip too, where what is left unpacks without a fault."""
    data = packed(whole.read_bytes())
    for end in range(2, len(data), 7):
        whole.write_bytes(data[:end])
        assert any(word in refused(whole) for word in ("cut off", "empty", "no VCF", "header"))


def test_a_text_that_is_cut_off_is_refused_or_told(whole: Path) -> None:
    """Within a record its columns are too few, unless it is the last one: then the line does not end."""
    data = whole.read_bytes()
    start = data.index(b"#CHROM")
    for end in [*range(1, start, 9), *range(start, len(data), 5)]:
        whole.write_bytes(data[:end])
        if data[end - 1 : end] == b"\n" and end > data.index(b"\n", start):
            continue
        try:
            table = read_vcf(whole)
        except InputFileError:
            continue
        assert any("does not end with a line break" in said for said in table.attrs["notices"])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty; expected a VCF"),
        (b"chr21\t5\t.\tC\tT\t.\t.\t.\n", "is no VCF"),
        (b"BCF\x02\x02" + bytes(50), "is a BCF; write it as text (bcftools view -O z"),
        (b"##fileformat=VCFv4.2\n", "ends within its header"),
        (b"##fileformat=VCFv4.2\nchr21\t5\t.\tC\tT\t.\t.\t.\n", "line 2 is no line of column names"),
        (b"##fileformat=VCFv4.2\n#CHROM POS ID REF ALT QUAL FILTER INFO\n", "with tabs between them"),
        (b"##fileformat=VCFv4.2\n##x=\xe9\n", "line 2 of the header is no UTF-8 text"),
        (b"\x1f\x8b\x08\x00", "cannot be unpacked"),
        (b"PK\x03\x04", "is no VCF"),
    ],
)
def test_another_kind_of_file_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    """Each with what it is and what is expected."""
    path = tmp_path / "a.vcf"
    path.write_bytes(data)
    assert said in refused(path)


def test_a_sample_twice_and_bytes_that_are_no_text(tmp_path: Path) -> None:
    """The names of lines have to tell them apart, and a file of another encoding is none of ours."""
    assert "has the sample 'L1' twice" in refused(vcf(tmp_path / "a.vcf", [], samples=("L1", "L1")))
    path = vcf(tmp_path / "b.vcf", RECORDS[:1], (CHR21, GT))
    path.write_bytes(path.read_bytes().replace(b"DP=3", b"NOTE=\xe9"))
    assert "line 5: holds bytes that are no UTF-8 text" in refused(path)


def test_nothing_is_written_to_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What htslib would write there is in the sentence."""
    path = vcf(tmp_path / "a.vcf", ["chrQ 5 . C T 50 odd X=1;Y=2 GT:ZZ x/1:3"], ("##contig=<ID=chr21>", GT))
    assert "line 5: cannot be read as a record of a VCF" in refused(path)
    assert capfd.readouterr() == ("", "")


def test_line_breaks_of_windows(whole: Path) -> None:
    """They are no part of the last sample's name or genotype, nor of the last annotation."""
    plain = read_vcf(whole)
    whole.write_bytes(whole.read_bytes().replace(b"\n", b"\r\n"))
    assert read_vcf(whole).equals(plain)
    sites = vcf(whole, ["chr21 5 . C T 1 . GENEINFO=SOD1:6647"], (CHR21,), ())
    sites.write_bytes(sites.read_bytes().replace(b"\n", b"\r\n"))
    assert read_vcf(sites, line="L1")["gene"].tolist() == ["SOD1"]
