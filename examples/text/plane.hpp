// SPDX-License-Identifier: MIT
// Vectors as points on a page: where they differ most, by principal component analysis.
#ifndef SEQPOOL_EXAMPLES_TEXT_PLANE_HPP
#define SEQPOOL_EXAMPLES_TEXT_PLANE_HPP

#include <Eigen/Eigenvalues>
#include <array>
#include <cmath>
#include <iomanip>
#include <seqpool/seqpool.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "../confusion.hpp"
#include "../page.hpp"

// The two directions of the largest variance: places [n, 2], and how much of the variance they show.
struct Plane {
  Eigen::MatrixX2d places;
  double share = 0;
};

// Of vectors [n, width].
inline Plane plane_of(const Eigen::MatrixXd& vectors) {
  const Eigen::MatrixXd centred = vectors.rowwise() - vectors.colwise().mean();
  const Eigen::MatrixXd covariance = centred.transpose() * centred;
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance);  // by ascending variance
  Eigen::MatrixX2d directions = solver.eigenvectors().rightCols(2).rowwise().reverse();
  for (auto direction : directions.colwise()) {  // which has no sign of its own
    Eigen::Index largest = 0;
    direction.cwiseAbs().maxCoeff(&largest);
    if (direction[largest] < 0) direction *= -1;
  }
  const double variance = solver.eigenvalues().sum();
  return {centred * directions, variance > 0 ? solver.eigenvalues().tail(2).sum() / variance : 0};
}

// What one point stands for.
struct Point {
  std::size_t label, said;
  std::string sentence;
};

// A colour for each class, told apart on light and on dark: Okabe and Ito's, and then hues that are far from those
// before.
inline std::string colour_of(std::size_t label) {
  constexpr std::array palette{"#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00"};
  if (label < palette.size()) return palette[label];
  return "hsl(" + std::to_string(label * 137 % 360) + " 55% " + std::to_string(label % 2 == 0 ? 40 : 60) + "%)";
}

// A circle, or for what is wrong a diamond: its edge has the colour of the class, its inside that of what it was taken
// for.
inline std::string mark(double x, double y, std::size_t label, std::size_t said, const std::string& title) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(1);
  if (label == said)
    out << "<circle cx=\"" << x << "\" cy=\"" << y << "\" r=\"5\" fill=\"" << colour_of(label) << "\">";
  else
    out << "<path d=\"M" << x << " " << y - 7 << "l7 7l-7 7l-7-7z\" fill=\"" << colour_of(said) << "\" stroke=\""
        << colour_of(label) << "\" stroke-width=\"2.5\">";
  out << "<title>" << escaped(title) << "</title></" << (label == said ? "circle" : "path") << ">\n";
  return out.str();
}

// The points of vectors [n, width] as an element of a page, with what their marks mean.
inline std::string picture(const Plane& plane, const std::vector<Point>& points,
                           const std::vector<std::string>& names) {
  constexpr double width = 600, height = 400, margin = 12;
  const Eigen::RowVector2d least = plane.places.colwise().minCoeff();
  const Eigen::RowVector2d range = (plane.places.colwise().maxCoeff() - least).cwiseMax(1e-9);
  const double scale = (std::min)((width - 2 * margin) / range[0], (height - 2 * margin) / range[1]);
  std::ostringstream out;
  out << "<svg viewBox=\"0 0 " << width << " " << height << "\" role=\"img\">\n";
  for (const bool wrong : {false, true})  // which are to lie above
    for (std::size_t i = 0; i < points.size(); ++i) {
      const Point& point = points[i];
      if ((point.label != point.said) != wrong) continue;
      const Eigen::RowVector2d place = (plane.places.row(static_cast<Eigen::Index>(i)) - least - range / 2) * scale;
      out << mark(width / 2 + place[0], height / 2 - place[1], point.label, point.said,
                  names[point.label] + (wrong ? ", taken for " + names[point.said] : "") + ": " + point.sentence);
    }
  return out.str() + "</svg>\n";
}

#endif
