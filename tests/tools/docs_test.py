"""The documents: every link leads somewhere, and every page can be found from the index."""

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def links(page):
    text = CODE.sub("", page.read_text(encoding="utf-8"))
    return [target for target in LINK.findall(text) if "://" not in target and not target.startswith("mailto:")]


class Documents(unittest.TestCase):
    def test_no_link_is_dead(self):
        pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
        self.assertGreater(len(pages), 10)
        dead = [f"{page.relative_to(ROOT)}: {to}" for page in pages for to in links(page) if not (page.parent / to).exists()]
        self.assertEqual(dead, [])

    def test_the_index_has_every_page(self):
        index = ROOT / "docs" / "README.md"
        listed = {(index.parent / target).resolve() for target in links(index)}
        missing = [str(page.relative_to(ROOT)) for page in ROOT.glob("docs/**/*.md") if page not in listed | {index}]
        self.assertEqual(missing, [])

    def test_both_readmes_show_the_same_commands_and_files(self):
        english, chinese = (
            re.sub(r"#.*", "", "\n".join(re.findall(r"```toml\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL)))
            for name in ("README.md", "README.zh.md")
        )
        self.assertEqual([line.rstrip() for line in english.splitlines()], [line.rstrip() for line in chinese.splitlines()])


if __name__ == "__main__":
    unittest.main()
